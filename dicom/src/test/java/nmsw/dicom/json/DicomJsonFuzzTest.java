package nmsw.dicom.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.ParseLimits;

/** Any document is read or refused; what is read is written, and comes back the same. */
class DicomJsonFuzzTest {
  private static final ParseLimits LIMITS = new ParseLimits(1 << 20, 1 << 20, 64, 10_000, 20_000);

  @FuzzTest
  void anyDocumentIsReadOrRefused(byte[] bytes) throws IOException {
    List<Dataset> datasets;
    try {
      datasets = DicomJsonReader.read(new ByteArrayInputStream(bytes), LIMITS, BulkData.REFUSED);
    } catch (DicomException refused) {
      assertNull(refused.getCause(), "a cause may quote a value");
      return;
    }
    String once = written(datasets);
    byte[] again = once.getBytes(StandardCharsets.UTF_8);
    assertEquals(
        once,
        written(DicomJsonReader.read(new ByteArrayInputStream(again), ParseLimits.defaults(), BulkData.REFUSED)));
  }

  private static String written(List<Dataset> datasets) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomJsonWriter.writeAll(datasets, BulkDataUris.NONE, out);
    return out.toString(StandardCharsets.UTF_8);
  }
}

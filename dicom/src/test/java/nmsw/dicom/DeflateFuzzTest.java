package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;

/** Any bytes are inflated and read, or refused; deflating a data set changes nothing about it. */
class DeflateFuzzTest {
  private static final ParseLimits LIMITS = new ParseLimits(64 << 20, 8 << 20, 64, 10_000, 20_000);

  @FuzzTest
  void anyBytesAreInflatedOrRefused(byte[] bytes) throws IOException {
    read(bytes, TransferSyntax.DEFLATED_LE);
    ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    try (DeflatedOutput out = new DeflatedOutput(deflated)) {
      out.write(bytes);
      out.finish();
    }
    assertEquals(0, deflated.size() % 2);
    assertEquals(read(bytes, TransferSyntax.EXPLICIT_LE), read(deflated.toByteArray(), TransferSyntax.DEFLATED_LE));
  }

  private static Optional<Dataset> read(byte[] bytes, TransferSyntax ts) throws IOException {
    try {
      return Optional.of(DicomReader.readDataset(new ByteArrayInputStream(bytes), ts, LIMITS));
    } catch (DicomException refused) {
      return Optional.empty();
    }
  }
}

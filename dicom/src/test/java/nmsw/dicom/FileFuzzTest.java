package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import nmsw.dicom.json.BulkDataUris;
import nmsw.dicom.json.DicomJsonWriter;

/** Any file is read or refused; what is read can be asked, shown and written, and comes back the same. */
class FileFuzzTest {
  private static final ParseLimits LIMITS = new ParseLimits(16 << 20, 8 << 20, 64, 10_000, 20_000);

  @FuzzTest
  void anyFileIsReadOrRefused(byte[] bytes) throws IOException {
    DicomFile file;
    try {
      file = DicomReader.read(new ByteArrayInputStream(bytes), LIMITS);
    } catch (DicomException refused) {
      return;
    }
    ask(file.dataset());
    DatasetDump.of(file.dataset(), 40);
    Validity.LENIENT.problems(Validity.repaired(file.dataset()));
    try {
      DicomJsonWriter.write(file.dataset(), BulkDataUris.NONE, new ByteArrayOutputStream());
    } catch (DicomException encapsulated) {
      assertEquals("", encapsulated.getMessage().replaceAll(".*encapsulated.*", ""));
    }
    Dataset once;
    try {
      once = again(file.dataset(), file.transferSyntax());
    } catch (DicomException encapsulated) {
      // Fragments in a transfer syntax that is not encapsulated are read, not written.
      assertEquals("", encapsulated.getMessage().replaceAll(".*encapsulated.*", ""));
      return;
    }
    assertEquals(once, again(once, file.transferSyntax()));
  }

  private static Dataset again(Dataset dataset, TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, dataset, ts);
    return DicomReader.readDataset(new ByteArrayInputStream(out.toByteArray()), ts, ParseLimits.defaults());
  }

  private static void ask(Dataset dataset) {
    for (Element element : dataset) {
      dataset.string(element.tag());
      dataset.numbers(element.tag());
      dataset.privateCreator(element.tag());
      element.items().forEach(FileFuzzTest::ask);
    }
  }
}

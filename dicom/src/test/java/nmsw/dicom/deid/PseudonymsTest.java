package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PseudonymsTest {
  @TempDir Path folder;

  /**
   * Were it otherwise after an update, new objects of a patient would no longer belong to the old ones. The
   * expected values are from Python's hmac module.
   */
  @Test
  void aKeyMakesTheSameForEver() throws Exception {
    byte[] secret = new byte[32];
    for (int i = 0; i < secret.length; i++) {
      secret[i] = (byte) i;
    }
    Path file = Files.write(folder.resolve("key"), secret);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Pseudonyms pseudonyms = new Pseudonyms(DeidentificationKey.readOrCreate(file));
    String identity = Pseudonyms.identity(new Dataset().putString(Tag.PatientID, "4711"));
    assertEquals("2.25.323208961630152450876443539203389659764", pseudonyms.uid("1.2.3"));
    assertEquals("4QC9MW5QSA43Z9C6", pseudonyms.patient(identity));
    assertEquals(3286, pseudonyms.days(identity));
  }
}

package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeidentificationKeyTest {
  @TempDir Path folder;

  /** A key in a new file of the folder. */
  static DeidentificationKey in(Path folder) throws IOException {
    return DeidentificationKey.readOrCreate(folder.resolve("deidentification.key"));
  }

  private Path file(int bytes, String permissions) throws IOException {
    Path file = Files.write(folder.resolve("key"), new byte[bytes]);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void aNewKeyIsOnlyForItsOwner() throws Exception {
    Path file = folder.resolve("key");
    DeidentificationKey.readOrCreate(file);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertEquals(32, Files.size(file));
  }

  @Test
  void isTheSameWhenItIsReadAgainAndNoneIsLikeAnother() throws Exception {
    DeidentificationKey key = in(folder);
    assertArrayEquals(key.hash("uid", "1.2.3"), in(folder).hash("uid", "1.2.3"));
    assertFalse(Arrays.equals(key.hash("uid", "1.2.3"), key.hash("days", "1.2.3")));
    Path another = Files.createDirectory(folder.resolve("another"));
    assertFalse(Arrays.equals(key.hash("uid", "1.2.3"), in(another).hash("uid", "1.2.3")));
  }

  @Test
  void aKeyThatOthersCanReadIsRefused() throws Exception {
    Path file = file(32, "rw-r-----");
    IOException e = assertThrows(IOException.class, () -> DeidentificationKey.readOrCreate(file));
    assertTrue(e.getMessage().contains(file + ":"), e.getMessage());
    assertTrue(e.getMessage().contains("chmod 600"), e.getMessage());
  }

  @Test
  void aShortKeyIsRefused() throws Exception {
    Path file = file(31, "rw-------");
    IOException e = assertThrows(IOException.class, () -> DeidentificationKey.readOrCreate(file));
    assertTrue(e.getMessage().contains("31 bytes"), e.getMessage());
  }

  @Test
  void aKeyIsNotPrinted() throws Exception {
    assertEquals("de-identification key", in(folder).toString());
  }
}

package nmsw.scp.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageChecksTest {
  private static final Instant NOW = Instant.parse("2027-01-01T00:00:00Z");

  @TempDir Path folder;

  private String url() {
    return "jdbc:h2:file:" + folder.resolve("nmsw");
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }

  @Test
  void theDiskIsMeasuredAndLeftAsItWas() throws IOException {
    Check check = StorageChecks.sync(folder);
    assertTrue(check.found().matches("\\d+\\.\\d ms for a slice to be safe, \\d+ a second"), check.toString());
    assertEquals(0, files());
  }

  @Test
  void aDiskThatIsTooSlowOrTooFastToBeTrueIsNoted() {
    assertEquals(Check.State.GOOD, StorageChecks.sync(0.005).state());
    assertEquals("5.0 ms for a slice to be safe, 200 a second", StorageChecks.sync(0.005).found());
    assertTrue(StorageChecks.sync(0.2).advice().contains("dataDirectory"));
    assertTrue(StorageChecks.sync(0.000_005).advice().contains("power loss"));
  }

  @Test
  void aFolderThatIsNotThereIsWrong() {
    assertEquals(Check.State.WRONG, StorageChecks.sync(folder.resolve("none")).state());
  }

  @Test
  void noDatabaseIsMade() throws IOException {
    Check check = StorageChecks.database(url(), "sa", "");
    assertEquals(Check.good("database", "embedded (will be made)"), check);
    assertEquals(0, files());
  }

  @Test
  void aDatabaseThatIsThereAnswers() throws SQLException {
    DriverManager.getConnection(url(), "sa", "").close();
    Check check = StorageChecks.database(url(), "sa", "");
    assertEquals(Check.State.GOOD, check.state(), check.toString());
    assertTrue(check.found().matches("H2 \\d.* answers"), check.found());
  }

  @Test
  void aDatabaseThatCannotBeOpenedIsWrong() throws Exception {
    DriverManager.getConnection(url(), "sa", "").close();
    Check password = StorageChecks.database(url(), "sa", "other");
    assertEquals(Check.State.WRONG, password.state(), password.toString());
    Files.write(folder.resolve("nmsw.mv.db"), new byte[20_000]);
    Check broken = StorageChecks.database(url(), "sa", "");
    assertEquals(Check.State.WRONG, broken.state(), broken.toString());
    assertTrue(broken.advice().contains("from the spool"), broken.advice());
    assertFalse(broken.found().contains("\n"), broken.found());
    Check server = StorageChecks.database("jdbc:nothing://db.example/nmsw", "nmsw", "");
    assertTrue(server.advice().contains("database.user"), server.toString());
  }

  @Test
  void aClockIsJudgedByWhoKeepsItRight() {
    assertEquals(Check.State.GOOD, ClockChecks.of(NOW, OptionalInt.of(0)).state());
    assertEquals(Check.State.NOTE, ClockChecks.of(NOW, OptionalInt.of(5)).state());
    assertEquals(Check.State.NOTE, ClockChecks.of(NOW, OptionalInt.empty()).state());
    assertEquals(Check.State.WRONG, ClockChecks.of(Instant.EPOCH, OptionalInt.of(0)).state());
    int kernel = ClockChecks.kernel().orElseThrow();
    assertTrue(kernel >= 0 && kernel <= 5, "adjtimex answered " + kernel);
  }
}

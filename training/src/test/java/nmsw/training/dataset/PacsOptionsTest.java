package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PacsOptionsTest {
  private static final List<String> PACS = List.of("--pacs", "PACS@127.0.0.1:104");

  @TempDir private Path folder;

  private void assertWrong(String complaint, List<String> origin, String... more) throws IOException {
    Importing result = Importing.run(origin, folder.resolve("set"), more);
    assertEquals(2, result.exitCode, result.out + result.err);
    assertTrue(result.err.contains(complaint), result.err);
    assertFalse(result.err.lines().findFirst().orElse("").contains("Meier"), result.err);
    assertFalse(Files.exists(folder.resolve("set")), "nothing is begun");
  }

  @Test
  void studiesMustBeNamedOneWay() throws IOException {
    assertWrong("either --query or --study-uids", PACS);
    Path list = Files.writeString(folder.resolve("list.txt"), "1.2.3\n");
    assertWrong("either --query or --study-uids", PACS, "--query", "PatientID=1", "--study-uids", list.toString());
    assertWrong("--pacs", List.of("--query", "PatientID=1"));
    assertWrong("--from", List.of("--from", folder.toString(), "--pacs", "PACS@127.0.0.1:104"));
    assertWrong("--from", List.of());
  }

  @Test
  void queriesAreOfTheStudyLevelAndMatchSomething() throws IOException {
    assertWrong("PatientAge is none of", PACS, "--query", "PatientAge=Meier");
    assertWrong("PatientName needs a value", PACS, "--query", "PatientName=");
    assertWrong("PatientName needs a value", PACS, "--query", "PatientName=Meier\u001b[2J");
  }

  @Test
  void listsHoldUidsAndNotTooMany() throws IOException {
    Path list = Files.writeString(folder.resolve("list.txt"), "1.2.3\n\n1.2.4\nMeier\n");
    assertWrong("line 4", PACS, "--study-uids", list.toString());
    Files.writeString(list, "1.2.3\n1.2.4\n");
    assertWrong("2 studies are more", PACS, "--study-uids", list.toString(), "--max-studies", "1");
    assertWrong("is no file", PACS, "--study-uids", folder.resolve("none").toString());
  }

  @Test
  void placesAndTitlesAreChecked() throws IOException {
    String[] query = {"--query", "PatientID=1"};
    assertWrong("AET@HOST:PORT", List.of("--pacs", "127.0.0.1:104"), query);
    assertWrong("--aet", PACS, "--query", "PatientID=1", "--aet", "A TITLE THAT IS TOO LONG");
    assertWrong("--port", PACS, "--query", "PatientID=1", "--retrieve", "move");
    assertWrong("--layout", PACS, "--query", "PatientID=1", "--layout", "word");
    assertWrong("--keep-names", PACS, "--query", "PatientID=1", "--keep-names");
    assertWrong("is not a folder", PACS, "--query", "PatientID=1", "--spool", folder.resolve("none").toString());
  }
}

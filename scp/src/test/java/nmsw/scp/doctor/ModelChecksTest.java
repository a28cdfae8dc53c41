package nmsw.scp.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelChecksTest {
  @TempDir Path models;

  @Test
  void modelsThatAreThereAndThoseThatRoutesNameAreTried() throws IOException {
    Files.writeString(Files.createDirectories(models.resolve("abdomen")).resolve("current"), "1");
    Files.createDirectories(models.resolve("no-model"));
    List<Check> checks =
        ModelChecks.of(
            models,
            List.of("neck", "abdomen"),
            name -> {
              if (name.equals("neck")) {
                throw new IOException("SHA-256 is 00, model.yaml says 11");
              }
              return "version 1";
            });
    assertEquals(List.of("model abdomen", "model neck"), checks.stream().map(Check::name).toList());
    assertEquals(Check.State.GOOD, checks.get(0).state());
    assertTrue(checks.get(0).found().startsWith("version 1; checked"), checks.get(0).found());
    assertEquals(Check.State.WRONG, checks.get(1).state());
    assertTrue(checks.get(1).found().contains("SHA-256 is 00"), checks.get(1).found());
  }

  @Test
  void noModelsAndNoFolderAreWrong() {
    assertEquals(Check.State.WRONG, ModelChecks.of(models, List.of(), name -> name).get(0).state());
    List<Check> missing = ModelChecks.of(models.resolve("none"), List.of(), name -> name);
    assertEquals(Check.State.WRONG, missing.get(0).state());
  }
}

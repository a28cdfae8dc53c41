package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NightlyConfigTest {
  private static final Path EXAMPLE =
      Path.of(System.getProperty("nmsw.root"), "config", "training", "nightly.yaml");

  @TempDir private Path folder;

  @Test
  void theExampleIsRead() throws IOException {
    NightlyConfig config = NightlyConfig.read(EXAMPLE);
    assertEquals(Duration.ofHours(6), config.time());
    assertEquals(EXAMPLE.resolveSibling("nightly-recipe.yaml"), config.recipe());
    assertEquals(Path.of("/srv/nmsw/studies"), config.studies());
    assertEquals("headneck-openkbp", Recipe.read(config.recipe()).name());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "'studies: /srv/nmsw/studies'; ''; studies is missing",
        "'budget: 6h'; 'budget: tonight'; budget 'tonight' is no duration",
        "'budget: 6h'; 'budget: 0h'; budget 0h is no time at all",
        "'minimumNewCases: 10'; 'minimumNewCases: 0'; minimumNewCases 0",
        "'threads: 1'; 'threads: -1'; threads -1",
        "'threads: 1'; 'thread: 1'; thread",
      })
  void whatIsWrongIsNamed(String good, String bad, String named) throws IOException {
    String text = Files.readString(EXAMPLE);
    assertTrue(text.contains(good), good);
    Path file = folder.resolve("nightly.yaml");
    Files.writeString(file, text.replace(good, bad));
    IOException refused = assertThrows(IOException.class, () -> NightlyConfig.read(file));
    assertTrue(refused.getMessage().startsWith(file + ": "), refused.getMessage());
    assertTrue(refused.getMessage().contains(named), refused.getMessage());
  }
}

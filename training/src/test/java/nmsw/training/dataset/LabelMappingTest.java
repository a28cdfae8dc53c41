package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelMappingTest {
  @TempDir private Path folder;

  private LabelMapping read(String yaml) throws IOException {
    Path file = folder.resolve("mapping.yaml");
    Files.writeString(file, yaml);
    return LabelMapping.read(file, Bodies.TABLE);
  }

  @Test
  void severalLocalNamesMeanOneClassInAnyCase() throws IOException {
    LabelMapping mapping = read("classes:\n  liver: [LEBER, 'foie ', 7]\n  spleen: rate\nignore: [Body, 9]\n");
    assertEquals(OptionalInt.of(Bodies.LIVER), mapping.classOf("Leber"));
    assertEquals(OptionalInt.of(Bodies.LIVER), mapping.classOf("Foie"));
    assertEquals(OptionalInt.of(Bodies.SPLEEN), mapping.classOf("RATE"));
    assertEquals(OptionalInt.of(Bodies.FEMUR), mapping.classOf("Femur left"));
    assertEquals(OptionalInt.of(Bodies.LIVER), mapping.classOf(7));
    assertTrue(mapping.knows("body") && mapping.classOf("body").isEmpty());
    assertTrue(mapping.knows(9) && mapping.classOf(9).isEmpty());
    assertFalse(mapping.knows("kidney"));
    assertEquals(Set.of(Bodies.LIVER), mapping.classesOfValues());
  }

  @Test
  void valuesMeanWhatTheFileSaysAndNothingElse() throws IOException {
    LabelMapping mapping = read("classes: {spleen: [1]}\n");
    assertEquals(OptionalInt.of(Bodies.SPLEEN), mapping.classOf(1));
    assertFalse(mapping.knows(2), "index 2 of the table is not a value of the source");
    assertEquals(OptionalInt.of(2), LabelMapping.of(Bodies.TABLE).classOf(2));
  }

  @Test
  void umlautsAreTheSameHoweverTheyAreWritten() throws IOException {
    LabelMapping mapping = read("classes: {femur_left: [\u00dcber]}\n");
    assertEquals(OptionalInt.of(Bodies.FEMUR), mapping.classOf("u\u0308ber"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "classes: {pancreas: [a]} | pancreas",
        "classes: {liver: [a], spleen: [A]} | named twice",
        "'classes: {liver: [a]}\nignore: [a]' | named twice",
        "classes: {liver: ['']} | empty",
        "classes: {liver: [a], liver: [b]} | liver",
        "ignored: [a] | ignored",
        "ignore: [a] | classes is missing",
        "'classes: [' | mapping.yaml",
        "'' | mapping.yaml"
      })
  void aWrongFileIsRefused(String yaml, String said) {
    IOException refusal = assertThrows(IOException.class, () -> read(yaml));
    assertTrue(refusal.getMessage().contains("mapping.yaml: "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }
}

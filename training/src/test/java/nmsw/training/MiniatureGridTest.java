package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import nmsw.segmentation.Method;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MiniatureGridTest {
  private static final Path FILE =
      Path.of(System.getProperty("nmsw.root"), "config", "training", "miniature.yaml");

  @TempDir private Path folder;

  @Test
  void theGridOfTheProjectHasTheGeometryOfThePaper() throws IOException {
    MiniatureGrid grid = MiniatureGrid.read(FILE);
    List<MiniatureGrid.Run> runs = grid.runs();
    assertEquals(3 * 4 * 3, runs.size());
    assertEquals(runs.size(), new HashSet<>(runs.stream().map(MiniatureGrid.Run::folder).toList()).size());
    assertTrue(
        runs.subList(0, 12).stream().allMatch(run -> run.backbone().equals("unet")), "U-Net first");
    for (MiniatureGrid.Run run : runs) {
      Path file = folder.resolve(run.folder()).resolve("recipe.yaml");
      grid.writeRecipe(run, false, FILE, Optional.empty(), file);
      Recipe recipe = Recipe.read(file);
      Int3 size = recipe.modelDescription().compat().fixedSize().orElseThrow();
      assertEquals(343, PatchGrid.of(size, Int3.cube(recipe.patch()), recipe.overlap()).cells());
      assertEquals(run.seed(), recipe.seed());
      assertEquals(run.training().equals("sw"), recipe.method() == Method.SW);
      assertTrue(Files.exists(Path.of(recipe.labels())), recipe.labels());
    }
    assertEquals(
        List.of("rf-k5", "rf-k30", "foreground"),
        grid.rows(new MiniatureGrid.Run("unet", "rf", 1)).stream()
            .map(MiniatureGrid.Row::name)
            .toList());
    assertEquals(1, grid.once().seeds().size());
  }

  @ParameterizedTest
  @CsvSource({
    "training: nmsw, training: nnunet, nnunet",
    "selection: top-k, selection: best-k, best-k",
    "name: rf-k5, name: ../rf, ../rf",
    "'seeds: [1, 2, 3]', '', seeds is missing",
    "seeds:, seed:, seed",
    "unet:, u net:, u net"
  })
  void aWrongGridIsRefused(String from, String to, String said) throws IOException {
    Path file = folder.resolve("wrong.yaml");
    String right = Files.readString(FILE);
    assertTrue(right.contains(from), from);
    Files.writeString(file, right.replaceFirst(Pattern.quote(from), to));
    IOException refusal = assertThrows(IOException.class, () -> MiniatureGrid.read(file));
    assertTrue(refusal.getMessage().contains("wrong.yaml: "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }
}

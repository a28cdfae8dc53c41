package nmsw.segmentation;

import static nmsw.segmentation.Compat.Background.FOOTPRINT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import nmsw.segmentation.PatchSelection.Candidates;
import nmsw.segmentation.PatchSelection.ForegroundWindow;
import nmsw.segmentation.PatchSelection.RandomForeground;
import nmsw.segmentation.PatchSelection.SlidingWindow;
import nmsw.segmentation.PatchSelection.TopK;
import nmsw.segmentation.nn.Golden;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;
import org.junit.jupiter.api.Test;

class PatchSelectionTest {
  private final PatchGrid grid = PatchGrid.of(new Int3(32, 16, 16), Int3.cube(16), 0.5);
  private final Int3 lowSize = new Int3(8, 4, 4);

  @Test
  void topKMatchesGolden() {
    int cases = 0;
    for (JsonNode golden : Golden.read("topk.json").path("cases")) {
      float[] logits = Golden.floats(golden.path("logits"));
      double[] background = Golden.data(golden.path("background"));
      for (int cell = 0; cell < logits.length; cell++) {
        logits[cell] += (float) (background[cell] * golden.path("background_penalty").asDouble());
      }
      List<Integer> expected = new ArrayList<>();
      golden.path("idx_inference_noise_off").forEach(cell -> expected.add(cell.asInt()));

      assertEquals(expected, new TopK(golden.path("K").asInt()).largest(logits));
      cases++;
    }
    assertTrue(cases >= 5);
  }

  @Test
  void equalLogitsAreTakenInOrder() {
    assertEquals(List.of(1, 2, 0), new TopK(3).largest(new float[] {1, 2, 2, 1}));
  }

  @Test
  void emptyCellsComeLast() {
    byte[] labels = new byte[128];
    labels[(7 * 4 + 3) * 4 + 3] = 1;
    Candidates candidates = candidates(labels);

    assertEquals(List.of(2), new TopK(1).select(candidates));
    // Only one cell holds foreground: where two are wanted the mask says nothing about the second.
    assertEquals(List.of(0, 1), new TopK(2).select(candidates));
  }

  @Test
  void noMoreCellsThanThereAre() {
    byte[] labels = new byte[128];
    labels[(3 * 4 + 3) * 4 + 3] = 1;
    Candidates candidates = candidates(labels);

    assertEquals(List.of(0, 1, 2), new TopK(300).select(candidates));
  }

  @Test
  void refusesCandidatesThatDoNotFit() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Candidates(grid, new float[2], new byte[128], lowSize, () -> null, FOOTPRINT));
    assertThrows(IllegalArgumentException.class, () -> new TopK(0));
  }

  @Test
  void theSlidingWindowTakesEveryCell() {
    assertEquals(List.of(0, 1, 2), new SlidingWindow().select(candidates(new byte[128])));
    assertEquals(3, new SlidingWindow().most(3));
  }

  @Test
  void theForegroundWindowTakesCellsThatHoldForeground() {
    byte[] labels = new byte[128];
    labels[(7 * 4 + 3) * 4 + 3] = 1;

    assertEquals(List.of(2), new ForegroundWindow().select(candidates(labels)));
    labels[(3 * 4 + 3) * 4 + 3] = 1;
    assertEquals(List.of(0, 1, 2), new ForegroundWindow().select(candidates(labels)));
    assertEquals(List.of(0, 1, 2), new ForegroundWindow().select(candidates(new byte[128])));
  }

  @Test
  void randomForegroundIsDrawnUniformlyWithoutReplacement() {
    PatchGrid wide = PatchGrid.of(new Int3(96, 16, 16), Int3.cube(16), 0);
    byte[] labels = new byte[24 * 4 * 4];
    // Foreground in four of six cells: 0, 1, 3 and 5.
    for (int cell : new int[] {0, 1, 3, 5}) {
      labels[cell * 4 * 16] = 1;
    }
    Candidates candidates =
        new Candidates(wide, new float[6], labels, new Int3(24, 4, 4), () -> null, FOOTPRINT);
    int[] drawn = new int[6];
    for (int seed = 0; seed < 4000; seed++) {
      List<Integer> cells = new RandomForeground(2, seed).select(candidates);
      assertEquals(2, new HashSet<>(cells).size());
      cells.forEach(cell -> drawn[cell]++);
    }

    assertEquals(0, drawn[2] + drawn[4]);
    for (int cell : new int[] {0, 1, 3, 5}) {
      // 2000 expected, standard deviation 32.
      assertEquals(2000, drawn[cell], 160, Arrays.toString(drawn));
    }
    assertEquals(4, new RandomForeground(30, 1).select(candidates).size());
    assertEquals(
        new RandomForeground(4, 7).select(candidates), new RandomForeground(4, 7).select(candidates));
    assertNotEquals(
        new RandomForeground(4, 7).select(candidates), new RandomForeground(4, 8).select(candidates));
  }

  @Test
  void thePublicCodeLetsOneVoxelDecide() {
    byte[] labels = new byte[128];
    // The grid's three cells look at x = 0, 2 and 5 of 8.
    labels[5 * 16] = 1;
    Candidates compat =
        new Candidates(
            grid, new float[] {5, 4, 3}, labels, lowSize, () -> null, Compat.Background.NEAREST_VOXEL);

    assertEquals(List.of(2, 0), new TopK(2).select(compat));
    assertEquals(List.of(2), new ForegroundWindow().select(compat));
    // The footprints of two cells hold that voxel.
    assertEquals(List.of(1, 2), new TopK(2).select(candidates(labels)));
  }

  private Candidates candidates(byte[] labels) {
    return new Candidates(
        grid,
        new float[] {5, 4, 3},
        labels,
        lowSize,
        () -> {
          throw new AssertionError("nobody needs the uncertainty");
        },
        FOOTPRINT);
  }
}

package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.PatchSelection.Candidates;
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
    Candidates candidates = new Candidates(grid, new float[] {5, 4, 3}, labels, lowSize);

    assertEquals(List.of(2), new TopK(1).select(candidates));
    // Only one cell holds foreground: where two are wanted the mask says nothing about the second.
    assertEquals(List.of(0, 1), new TopK(2).select(candidates));
  }

  @Test
  void noMoreCellsThanThereAre() {
    byte[] labels = new byte[128];
    labels[(3 * 4 + 3) * 4 + 3] = 1;
    Candidates candidates = new Candidates(grid, new float[] {5, 4, 3}, labels, lowSize);

    assertEquals(List.of(0, 1, 2), new TopK(300).select(candidates));
  }

  @Test
  void refusesCandidatesThatDoNotFit() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Candidates(grid, new float[2], new byte[128], lowSize));
    assertThrows(IllegalArgumentException.class, () -> new TopK(0));
  }
}

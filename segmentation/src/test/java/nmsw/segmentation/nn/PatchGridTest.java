package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class PatchGridTest {
  @Test
  void matchesGolden() {
    int cases = 0;
    for (JsonNode golden : Golden.read("grid.json").path("cases")) {
      PatchGrid grid =
          PatchGrid.of(
              Golden.triple(golden.path("shape")),
              Golden.triple(golden.path("patch")),
              golden.path("overlap").asDouble());
      String what = golden.path("shape") + " / " + golden.path("patch");

      assertEquals(golden.path("N").asInt(), grid.cells(), what);
      assertEquals(Golden.triple(golden.path("counts")), grid.counts(), what);
      assertEquals(Golden.triple(golden.path("effective_patch")), grid.patch(), what);
      for (int axis = 0; axis < 3; axis++) {
        double[] starts = Golden.data(golden.path("starts").get(axis));
        assertEquals(starts.length, grid.starts(axis).length, what);
        for (int i = 0; i < starts.length; i++) {
          assertEquals((int) starts[i], grid.starts(axis)[i], what);
        }
      }
      cases++;
    }
    assertTrue(cases >= 12);
  }

  @Test
  void flatIndexRunsFastestAlongZ() {
    PatchGrid grid = PatchGrid.of(new Int3(480, 480, 288), Int3.cube(128), 0.5);

    assertEquals(196, grid.cells());
    assertEquals(new Int3(0, 0, 64), grid.start(1));
    assertEquals(new Int3(0, 64, 0), grid.start(4));
    assertEquals(new Int3(64, 0, 0), grid.start(28));
    assertEquals(new Int3(352, 352, 160), grid.start(195));
    assertThrows(IndexOutOfBoundsException.class, () -> grid.start(196));
  }

  @Test
  void startsAreNotShared() {
    PatchGrid grid = PatchGrid.of(Int3.cube(12), Int3.cube(8), 0.5);
    grid.starts(0)[0] = 99;

    assertArrayEquals(new int[] {0, 4}, grid.starts(0));
  }

  @Test
  void refusesOverlapOutsideRange() {
    assertThrows(
        IllegalArgumentException.class, () -> PatchGrid.of(Int3.cube(8), Int3.cube(4), 1));
    assertThrows(
        IllegalArgumentException.class, () -> PatchGrid.of(Int3.cube(8), Int3.cube(4), Double.NaN));
  }
}

package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;

class CoverageBlockTest {
  private static final Int3 PATCH = Int3.cube(8);

  private static long held(int stride, List<Integer> order, Int3... starts) {
    List<CoverageBlock> blocks =
        CoverageBlock.of(Int3.cube(0), new Int3(40, 8, 8), PATCH, stride, List.of(starts));
    return CoverageBlock.mostHeld(blocks, order, CoverageBlock::voxels);
  }

  @Test
  void onlyWhatAnotherPatchStillCoversIsHeld() {
    Int3 first = Int3.cube(0);
    Int3 second = new Int3(4, 0, 0);
    Int3 third = new Int3(8, 0, 0);
    Int3 apart = new Int3(20, 0, 0);
    assertEquals(0, held(8, List.of()));
    assertEquals(0, held(8, List.of(0), first));
    assertEquals(0, held(8, List.of(0, 1), first, apart));
    assertEquals(4 * 64, held(8, List.of(0, 1), first, second));
    // The part shared by the last two comes before that of the first two has gone.
    assertEquals(8 * 64, held(8, List.of(0, 1, 2), first, second, third));
    assertEquals(8 * 64, held(8, List.of(2, 0, 1), first, second, third));
  }

  @Test
  void slabsAreBlocksOfTheirOwn() {
    List<CoverageBlock> blocks =
        CoverageBlock.of(Int3.cube(1), Int3.cube(8), PATCH, 3, List.of(Int3.cube(0)));
    assertEquals(List.of(1, 3, 6), blocks.stream().map(block -> block.from().x()).toList());
    assertEquals(List.of(3, 6, 8), blocks.stream().map(block -> block.to().x()).toList());
    assertEquals(4 * 64, held(3, List.of(0, 1), Int3.cube(0), new Int3(4, 0, 0)));
  }

  /** A patch in the middle of a box and one at its end: 125 cells between their faces. */
  @Test
  void whatNoPatchCoversIsCutIntoLongBlocks() {
    Int3 size = Int3.cube(32);
    List<Int3> starts = List.of(Int3.cube(8), Int3.cube(24));
    List<CoverageBlock> blocks = CoverageBlock.of(Int3.cube(0), size, PATCH, 8, starts);

    int[] times = new int[32 * 32 * 32];
    for (CoverageBlock block : blocks) {
      for (int x = block.from().x(); x < block.to().x(); x++) {
        for (int y = block.from().y(); y < block.to().y(); y++) {
          for (int z = block.from().z(); z < block.to().z(); z++) {
            times[(x * 32 + y) * 32 + z]++;
            boolean first = Math.min(x, Math.min(y, z)) >= 8 && Math.max(x, Math.max(y, z)) < 16;
            boolean second = Math.min(x, Math.min(y, z)) >= 24;
            assertEquals(first ? List.of(0) : second ? List.of(1) : List.of(), block.patches());
          }
        }
      }
    }
    assertArrayEquals(IntStream.generate(() -> 1).limit(times.length).toArray(), times);
    // Two patches; before, beside and behind each of them in its range of y; two whole slices.
    assertEquals(2 + 4 + 2 + 2, blocks.size(), blocks.toString());
  }

  @Test
  void theOrderDecides() {
    Int3[] pairs = {Int3.cube(0), new Int3(2, 0, 0), new Int3(20, 0, 0), new Int3(22, 0, 0)};
    assertEquals(6 * 64, held(8, List.of(0, 1, 2, 3), pairs));
    assertEquals(12 * 64, held(8, List.of(0, 2, 1, 3), pairs));
  }
}

package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowCellsTest {

  /** Every voxel of the row lies in one cell, between the samples that PyTorch's linear interpolation takes for it. */
  @ParameterizedTest
  @CsvSource({
    "16, 48, 0, 48", "16, 48, 1, 47", "16, 48, 17, 18", "16, 48, 20, 31", "8, 16, 0, 16", "8, 16, 15, 16", "5, 5, 0, 5", "5, 5, 2, 4",
    "8, 20, 0, 20", "8, 20, 3, 19", "1, 3, 0, 3", "160, 480, 64, 192"
  })
  void everyVoxelLiesInOneCell(int samples, int voxels, int from, int to) {
    Upsampling alongZ = new Upsampling(samples, voxels);
    RowCells cells = new RowCells(alongZ, from, to);
    assertTrue(cells.mostVoxels() <= alongZ.mostPerCell);
    assertEquals(cells.cells() * cells.mostVoxels(), cells.slots());
    int next = from;
    for (int cell = 0; cell < cells.cells(); cell++) {
      assertEquals(next - from, cells.start(cell));
      for (int n = 0; n < cells.start(cell + 1) - cells.start(cell); n++) {
        assertEquals(next - from, cells.voxels(n)[cell]);
        double position = (next + 0.5) * samples / voxels - 0.5;
        assertEquals(position, cells.firstSample + cell + cells.share(n)[cell], 1e-5, "voxel " + next);
        assertTrue(cells.share(n)[cell] >= 0 && cells.share(n)[cell] < 1, "voxel " + next);
        next++;
      }
    }
    assertEquals(to, next);
    assertEquals(to - from, cells.voxels());
  }
}

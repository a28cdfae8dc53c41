package nmsw.segmentation;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.BackgroundCells;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PatchGrid;

/** Which patches the local network looks at. */
public sealed interface PatchSelection {

  /**
   * What the global network says about the candidates.
   *
   * @param objectness one logit per cell of the grid
   * @param lowLabels argmax of the low-resolution logits, z fastest
   * @param lowSize size of {@code lowLabels}
   */
  record Candidates(PatchGrid grid, float[] objectness, byte[] lowLabels, Int3 lowSize) {
    public Candidates {
      if (objectness.length != grid.cells() || lowLabels.length != lowSize.product()) {
        throw new IllegalArgumentException(
            objectness.length + " logits for " + grid.cells() + " cells, " + lowLabels.length
                + " labels for " + lowSize);
      }
    }
  }

  /** Distinct flat cell indices, the most important first. */
  List<Integer> select(Candidates candidates);

  /**
   * The k cells of highest objectness, cells without foreground last; the lower index first among equals.
   * No noise, so the same volume gives the same patches (NMSW §5). Fewer where the grid has fewer cells.
   */
  record TopK(int k) implements PatchSelection {
    public TopK {
      if (k < 1) {
        throw new IllegalArgumentException("k = " + k);
      }
    }

    @Override
    public List<Integer> select(Candidates c) {
      boolean[] background =
          BackgroundCells.byFootprint(
              c.lowLabels(), c.lowSize(), c.grid(), Math.min(k, c.grid().cells()));
      float[] masked = c.objectness().clone();
      for (int cell = 0; cell < masked.length; cell++) {
        masked[cell] += background[cell] ? BackgroundCells.PENALTY : 0;
      }
      return largest(masked);
    }

    List<Integer> largest(float[] logits) {
      return IntStream.range(0, logits.length)
          .boxed()
          .sorted(Comparator.<Integer>comparingDouble(cell -> -logits[cell]))
          .limit(k)
          .toList();
    }
  }
}

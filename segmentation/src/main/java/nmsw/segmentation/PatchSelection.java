package nmsw.segmentation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
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
   * @param uncertainty one minus the highest class probability of every low-resolution voxel, z fastest;
   *     computed when asked for, a new array each time
   * @param background when a cell counts as empty
   */
  record Candidates(
      PatchGrid grid,
      float[] objectness,
      byte[] lowLabels,
      Int3 lowSize,
      Supplier<float[]> uncertainty,
      Compat.Background background) {
    public Candidates {
      if (objectness.length != grid.cells() || lowLabels.length != lowSize.product()) {
        throw new IllegalArgumentException(
            objectness.length + " logits for " + grid.cells() + " cells, " + lowLabels.length
                + " labels for " + lowSize);
      }
    }

    /** Cells that count as empty; none if fewer than {@code atLeast} others were left. */
    private boolean[] empty(int atLeast) {
      return background.of(lowLabels, lowSize, grid, atLeast);
    }

    /** Cells that are not empty, ascending; all cells where all are. */
    private List<Integer> foreground() {
      boolean[] empty = empty(1);
      List<Integer> cells = IntStream.range(0, empty.length).filter(cell -> !empty[cell]).boxed().toList();
      return cells.isEmpty() ? IntStream.range(0, empty.length).boxed().toList() : cells;
    }
  }

  /** Distinct flat cell indices, the most important first. */
  List<Integer> select(Candidates candidates);

  /** The name that an operator gives it, e.g. {@code top-k}. */
  String name();

  /** Upper bound of the number of patches chosen from a grid of so many cells. */
  int most(int cells);

  /**
   * Whether the global network has a say, in what is chosen and where no patch covers a voxel. Otherwise it is
   * not run, {@link #select} is not called and every cell is taken.
   */
  default boolean usesGlobalNetwork() {
    return true;
  }

  /**
   * How the patches' logits and the global network's are fused.
   *
   * @param ofModel what the model was trained for
   */
  default Aggregation aggregation(Aggregation ofModel) {
    return ofModel;
  }

  /**
   * The k cells of highest objectness, cells without foreground last; the lower index first among equals.
   * No noise, so the same volume gives the same patches (NMSW §5). Fewer where the grid has fewer cells.
   */
  record TopK(int k) implements PatchSelection {
    public TopK {
      requirePositive(k);
    }

    @Override
    public List<Integer> select(Candidates c) {
      boolean[] empty = c.empty(Math.min(k, c.grid().cells()));
      float[] masked = c.objectness().clone();
      for (int cell = 0; cell < masked.length; cell++) {
        masked[cell] += empty[cell] ? BackgroundCells.PENALTY : 0;
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

    @Override
    public String name() {
      return "top-k";
    }

    @Override
    public int most(int cells) {
      return Math.min(k, cells);
    }
  }

  /** The baseline (NMSW §12): every cell and the local network alone, patches averaged by weight. */
  record SlidingWindow() implements PatchSelection {
    @Override
    public List<Integer> select(Candidates c) {
      return IntStream.range(0, c.grid().cells()).boxed().toList();
    }

    @Override
    public String name() {
      return "sliding-window";
    }

    @Override
    public int most(int cells) {
      return cells;
    }

    @Override
    public boolean usesGlobalNetwork() {
      return false;
    }

    @Override
    public Aggregation aggregation(Aggregation ofModel) {
      return Aggregation.REPLACE;
    }
  }

  /**
   * The sliding window over cells that hold foreground in the global network's labels (NMSW §12); elsewhere
   * those labels stand. Where no cell holds any, all cells are taken: the global network missed everything or
   * there is nothing, and only the local network can tell.
   */
  record ForegroundWindow() implements PatchSelection {
    @Override
    public List<Integer> select(Candidates c) {
      return c.foreground();
    }

    @Override
    public String name() {
      return "foreground-window";
    }

    @Override
    public int most(int cells) {
      return cells;
    }

    @Override
    public Aggregation aggregation(Aggregation ofModel) {
      return Aggregation.REPLACE;
    }
  }

  /**
   * The baseline RF (NMSW §12): k cells drawn without replacement, all that hold foreground equally likely; a
   * seed gives the same cells again. All of them where there are fewer than k; where no cell holds foreground,
   * any. Its patches replace the global logits: the public code sets the class weight's sigmoid to 0.99995.
   */
  record RandomForeground(int k, long seed) implements PatchSelection {
    public RandomForeground {
      requirePositive(k);
    }

    @Override
    public List<Integer> select(Candidates c) {
      List<Integer> cells = new ArrayList<>(c.foreground());
      // Not java.util.Random: the first numbers of neighbouring seeds are nearly the same there.
      SplittableRandom random = new SplittableRandom(seed);
      int count = Math.min(k, cells.size());
      for (int i = 0; i < count; i++) {
        Collections.swap(cells, i, random.nextInt(i, cells.size()));
      }
      return List.copyOf(cells.subList(0, count));
    }

    @Override
    public String name() {
      return "random-foreground";
    }

    @Override
    public int most(int cells) {
      return Math.min(k, cells);
    }

    @Override
    public Aggregation aggregation(Aggregation ofModel) {
      return Aggregation.REPLACE;
    }
  }

  /**
   * As many patches as are worth it (NMSW §15.3.1, .2 and .6): one after the other the cell that covers most
   * of the errors that are still to be expected of the global network, so that no patch is spent on what
   * another covers. Cells without foreground nearby are left out. Ends where the best cell covers less than
   * {@code leastShare} of the errors that all cells together would.
   *
   * @param most patches at most
   * @param leastShare what makes a patch worthwhile, in (0, 1]
   * @param fullCoverage Gaussian weight from which on a voxel counts as wholly covered, in (0, 1]; 1 is the
   *     formula to the letter, which goes on until every voxel is in the middle of some patch
   */
  record MarginalGain(int most, double leastShare, double fullCoverage) implements PatchSelection {
    /**
     * Weight at a quarter of a patch from its centre on all three axes, exp(-6): the farthest that a voxel
     * lies from the nearest patch's centre if neighbours overlap by half. So all cells together cover every
     * voxel wholly, and a small organ is covered by one patch wherever it lies.
     */
    public static final double QUARTER = Math.exp(-6);

    private static final double WORTHWHILE = 0.03;

    public MarginalGain {
      requirePositive(most);
      if (!(leastShare > 0 && leastShare <= 1 && fullCoverage > 0 && fullCoverage <= 1)) {
        throw new IllegalArgumentException(
            "least share " + leastShare + " or full coverage " + fullCoverage + " is not in (0, 1]");
      }
    }

    public MarginalGain(int most) {
      this(most, WORTHWHILE, QUARTER);
    }

    @Override
    public List<Integer> select(Candidates c) {
      boolean[] background =
          BackgroundCells.byFootprint(c.lowLabels(), c.lowSize(), c.grid(), 1, margin(c));
      List<Integer> cells =
          IntStream.range(0, background.length).filter(cell -> !background[cell]).boxed().toList();
      ExpectedGain gain = new ExpectedGain(c.grid(), c.lowSize(), c.uncertainty().get(), fullCoverage);
      return new LazyGreedy(gain).select(cells, most, leastShare * gain.coverable(cells));
    }

    /** An eighth of a patch, in low-resolution voxels: as far as an organ may reach beyond its labels. */
    private static Int3 margin(Candidates c) {
      return c.grid().patch().times(c.lowSize()).dividedBy(c.grid().volume().times(Int3.cube(8)));
    }

    @Override
    public String name() {
      return "marginal-gain";
    }

    @Override
    public int most(int cells) {
      return Math.min(most, cells);
    }
  }

  private static void requirePositive(int k) {
    if (k < 1) {
      throw new IllegalArgumentException("k = " + k + "; at least one patch is needed");
    }
  }
}

package nmsw.training;

import java.io.IOException;
import java.util.Set;
import java.util.SplittableRandom;
import nmsw.training.dataset.LabelledVolume;
import nmsw.volume.Grid;
import nmsw.volume.ModelGrid;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;

/**
 * Phantoms of consecutive seeds, sampled on the model's grid over a field of view that the seed varies as scanners' do:
 * 360 to 420 mm in plane, 360 to 460 mm along the body: from the heart to the thighs, mostly with the whole bladder.
 */
public record PhantomCases(
    long firstSeed, int size, Vec3 spacing, double windowLow, Vec3 originalSpacing)
    implements CaseSource {
  /** Of originals unless told otherwise: finer than a model's grid, as a CT is. */
  public static final Vec3 FINE = new Vec3(1.5, 1.5, 2.5);

  /** With originals on {@link #FINE} voxels. */
  public PhantomCases(long firstSeed, int size, Vec3 spacing, double windowLow) {
    this(firstSeed, size, spacing, windowLow, FINE);
  }

  @Override
  public String id(int index) {
    return "phantom-" + (firstSeed + index);
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    try {
      return TrainingCase.of(phantom(index, spacing), windowLow);
    } catch (IllegalArgumentException e) {
      throw new IOException(id(index) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public LabelledVolume original(int index) {
    return phantom(index, originalSpacing);
  }

  private LabelledVolume phantom(int index, Vec3 voxels) {
    AbdomenPhantom phantom = new AbdomenPhantom(firstSeed + index);
    Grid grid = grid(firstSeed + index, voxels);
    return new LabelledVolume(id(index), phantom.volume(grid), phantom.labels(grid));
  }

  @Override
  public Set<Integer> unannotated(int index) {
    return Set.of();
  }

  @Override
  public String fingerprint(int index) {
    return id(index) + " " + spacing + " " + windowLow;
  }

  private static Grid grid(long seed, Vec3 spacing) {
    SplittableRandom random = new SplittableRandom(seed);
    double width = random.nextDouble(360, 420);
    double length = random.nextDouble(360, 460);
    int matrix = 128;
    int slices = (int) (length / 2);
    Grid grid =
        ModelGrid.forStack(
            AbdomenPhantom.standardStack(matrix, matrix, slices, width / matrix, width / matrix, 2),
            spacing);
    double shift = random.nextDouble(-20, 20);
    return grid.box(0, 0, (int) Math.round(shift / spacing.z()), grid.nx(), grid.ny(), grid.nz());
  }
}

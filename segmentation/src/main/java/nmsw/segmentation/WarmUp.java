package nmsw.segmentation;

import java.util.Arrays;
import nmsw.segmentation.nn.Int3;
import nmsw.volume.Grid;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/**
 * Volumes of one patch of soft tissue, run through both networks before there is work: the engine compiles a
 * script in its first two calls, and a GPU loads its kernels in the first.
 */
final class WarmUp {
  private static final int RUNS = 2;

  private WarmUp() {}

  static void run(FallbackSegmenter segmenter, ModelDescription model) {
    Int3 patch = model.patch();
    Vec3 spacing = model.spacing();
    Grid grid =
        new Grid(
            patch.x(), patch.y(), patch.z(), new Vec3(0, 0, 0), new Vec3(-spacing.x(), 0, 0),
            new Vec3(0, -spacing.y(), 0), new Vec3(0, 0, spacing.z()));
    short[] hounsfield = new short[grid.voxels()];
    // Above the window's lower end, at which the body begins.
    Arrays.fill(hounsfield, (short) Math.round((model.windowLow() + model.windowHigh()) / 2));
    for (int run = 0; run < RUNS; run++) {
      segmenter.segment(new Volume(grid, hounsfield), new PatchSelection.TopK(1), ProgressListener.NONE);
    }
  }
}

package nmsw.volume.phantom;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import nmsw.volume.CtSeriesWriter;
import nmsw.volume.Grid;
import nmsw.volume.Nifti;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/** Writes a phantom as a CT series, see {@link CtSeriesWriter}. */
public final class PhantomSeries {
  private PhantomSeries() {}

  /**
   * Writes {@code IMG00001.dcm} and so on into a directory, made if need be, in the order of the stack.
   *
   * @param seed names the patient and study, and enters every UID
   */
  public static List<Path> write(Path directory, AbdomenPhantom phantom, SliceStack stack, long seed)
      throws IOException {
    SliceStack identified = identified(stack, seed);
    return new CtSeriesWriter(subject(seed), stack, seed, k -> phantom.hounsfield(identified, k)).write(directory);
  }

  /** Writes the true labels of a regular stack as NIfTI ({@code .nii} or {@code .nii.gz}). */
  public static void writeTruth(Path file, AbdomenPhantom phantom, SliceStack stack) throws IOException {
    Nifti.write(file, phantom.labels(grid(stack)));
  }

  /** The stack with the SOP Instance UIDs that {@link #write} gives to its slices. */
  public static SliceStack identified(SliceStack stack, long seed) {
    return CtSeriesWriter.identified(subject(seed), stack, seed);
  }

  private static CtSeriesWriter.Subject subject(long seed) {
    return new CtSeriesWriter.Subject(
        "phantom", "PHANTOM^" + seed, "Synthetic abdomen", "Synthetic CT", "Abdomen phantom", "ABDOMEN");
  }

  private static Grid grid(SliceStack stack) {
    Vec3 first = stack.slices().get(0).position();
    Vec3 step = stack.normal();
    if (stack.size() > 1) {
      step = stack.slices().get(stack.size() - 1).position().minus(first).times(1.0 / (stack.size() - 1));
    }
    for (int k = 0; k < stack.size(); k++) {
      double off = stack.slices().get(k).position().minus(first.plus(step.times(k))).length();
      if (off > 0.01) {
        throw new IllegalArgumentException(
            "slice " + k + " lies " + off + " mm off a regular grid; NIfTI can hold only regular stacks");
      }
    }
    return new Grid(
        stack.columns(), stack.rows(), stack.size(), first, stack.rowDirection().times(stack.columnSpacing()),
        stack.columnDirection().times(stack.rowSpacing()), step);
  }
}

package nmsw.scp.review;

import java.util.List;
import nmsw.segmentation.PatchBox;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/** What a reviewer sees over the CT beside the organs, on a coarse grid over the model's: how the patches were chosen. */
final class ReviewImages {
  private static final int COARSE = 96;

  /** Of the labels of the patches' edges. */
  static final int MOST_PATCHES = 255;

  /** What the importance map has where a patch is certain to be looked at. */
  static final int FULL = 1000;

  private final Grid grid;
  private final int step;

  /** @param fine the model's grid */
  ReviewImages(Grid fine) {
    step = Math.max(1, (Math.max(fine.nx(), Math.max(fine.ny(), fine.nz())) + COARSE - 1) / COARSE);
    double middle = (step - 1) / 2.0;
    grid =
        new Grid(
            (fine.nx() + step - 1) / step,
            (fine.ny() + step - 1) / step,
            (fine.nz() + step - 1) / step,
            fine.toPatient(middle, middle, middle),
            fine.stepX().times(step),
            fine.stepY().times(step),
            fine.stepZ().times(step));
  }

  /** The edges of the patches: each voxel has the rank, from 1, of the most important patch whose edge runs there. */
  LabelVolume edges(List<PatchBox> chosen) {
    byte[] ranks = new byte[grid.voxels()];
    for (int rank = Math.min(MOST_PATCHES, chosen.size()); rank >= 1; rank--) {
      int[] box = box(chosen.get(rank - 1));
      for (int k = box[2]; k <= box[5]; k++) {
        for (int j = box[1]; j <= box[4]; j++) {
          for (int i = box[0]; i <= box[3]; i++) {
            int faces = side(i, box[0], box[3]) + side(j, box[1], box[4]) + side(k, box[2], box[5]);
            if (faces > 0) {
              ranks[grid.index(i, j, k)] = (byte) rank;
            }
          }
        }
      }
    }
    return new LabelVolume(grid, ranks);
  }

  private static int side(int at, int first, int last) {
    return at == first || at == last ? 1 : 0;
  }

  /** The sigmoid of the objectness, the mean over the patches that cover a voxel, from 0 to {@link #FULL}. */
  Volume importance(List<PatchBox> candidates) {
    float[] sum = new float[grid.voxels()];
    short[] count = new short[grid.voxels()];
    for (PatchBox candidate : candidates) {
      float importance = (float) (FULL / (1 + Math.exp(-candidate.importance())));
      int[] box = box(candidate);
      for (int k = box[2]; k <= box[5]; k++) {
        for (int j = box[1]; j <= box[4]; j++) {
          for (int i = box[0]; i <= box[3]; i++) {
            sum[grid.index(i, j, k)] += importance;
            count[grid.index(i, j, k)]++;
          }
        }
      }
    }
    short[] mean = new short[sum.length];
    for (int v = 0; v < mean.length; v++) {
      mean[v] = (short) Math.round(sum[v] / Math.max(1, count[v]));
    }
    return new Volume(grid, mean);
  }

  /** First and last voxels of the coarse grid; a patch may reach outside of the volume. */
  private int[] box(PatchBox patch) {
    int[] size = {grid.nx(), grid.ny(), grid.nz()};
    int[] box = new int[6];
    for (int axis = 0; axis < 3; axis++) {
      int first = patch.start().get(axis);
      int last = first + patch.size().get(axis) - 1;
      box[axis] = Math.max(0, Math.min(size[axis] - 1, Math.floorDiv(first, step)));
      box[axis + 3] = Math.max(0, Math.min(size[axis] - 1, Math.floorDiv(last, step)));
    }
    return box;
  }
}

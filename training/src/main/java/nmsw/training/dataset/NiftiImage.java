package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Resampler;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** NIfTI files of a study, judged by their headers before any voxel is read. */
final class NiftiImage {
  /** Of a voxel's edge: affines are stored in single precision, and tools round them. */
  private static final double SAME_PLACE = 0.05;

  private NiftiImage() {}

  /** The image, if its grid can be trusted. */
  static Volume read(Path file) throws GeometryRefusal, CaseRefusal, IOException {
    Nifti.Header header = Nifti.readHeader(file);
    if (!header.oriented()) {
      throw new GeometryRefusal(
          GeometryRefusal.Code.NO_GEOMETRY, file + " has neither sform nor qform: its left and right are a guess");
    }
    Grid grid = header.grid();
    GeometryRules rules = GeometryRules.defaults();
    if (Math.min(grid.nx(), Math.min(grid.ny(), grid.nz())) < rules.minSlices()) {
      throw new GeometryRefusal(
          GeometryRefusal.Code.TOO_FEW_SLICES,
          file + " is " + shape(grid) + " voxels, " + rules.minSlices() + " are needed along each axis");
    }
    requireRoom(file.toString(), grid.voxels());
    return Nifti.readVolume(file);
  }

  /** A label file on the image's grid; its axes may run the other way or be in another order. */
  static LabelVolume labels(Path file, Grid image) throws CaseRefusal, IOException {
    Grid grid = Nifti.readHeader(file).grid();
    if (grid.voxels() != image.voxels()) {
      throw new CaseRefusal(
          CaseRefusal.Code.OTHER_GRID, file + " is " + shape(grid) + " voxels, the image " + shape(image));
    }
    for (int corner = 0; corner < 8; corner++) {
      int i = (corner & 1) * (image.nx() - 1);
      int j = (corner >> 1 & 1) * (image.ny() - 1);
      int k = (corner >> 2) * (image.nz() - 1);
      Vec3 at = grid.toIndex(image.toPatient(i, j, k));
      if (!(isEnd(at.x(), grid.nx()) && isEnd(at.y(), grid.ny()) && isEnd(at.z(), grid.nz()))) {
        throw new CaseRefusal(
            CaseRefusal.Code.OTHER_GRID,
            String.format(
                Locale.ROOT, "%s: the image's corner (%d, %d, %d) lies at (%.2f, %.2f, %.2f) of the labels' %s", file, i, j,
                k, at.x(), at.y(), at.z(), shape(grid)));
      }
    }
    LabelVolume labels = Nifti.readLabels(file);
    boolean sameAxes = grid.toIndex(image.toPatient(1, 1, 1)).minus(new Vec3(1, 1, 1)).length() < SAME_PLACE;
    return sameAxes ? labels : Resampler.resample(labels, image);
  }

  private static boolean isEnd(double index, int size) {
    return Math.min(Math.abs(index), Math.abs(index - (size - 1))) <= SAME_PLACE;
  }

  /**
   * Image, labels, one label file and the slices of a thumbnail are held at once: eight bytes a voxel.
   *
   * @throws CaseRefusal if that is more than the heap
   */
  static void requireRoom(String what, long voxels) throws CaseRefusal {
    if (voxels > GeometryRules.defaults().maxVoxels() || 8 * voxels > Runtime.getRuntime().maxMemory()) {
      throw new CaseRefusal(CaseRefusal.Code.TOO_LARGE, what + " has " + voxels + " voxels");
    }
  }

  private static String shape(Grid grid) {
    return grid.nx() + " x " + grid.ny() + " x " + grid.nz();
  }
}

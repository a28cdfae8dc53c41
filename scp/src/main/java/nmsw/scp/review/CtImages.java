package nmsw.scp.review;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.scp.config.DataSize;
import nmsw.scp.web.Operations;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRules;
import nmsw.volume.Grid;
import nmsw.volume.Nifti;
import nmsw.volume.Resampler;

/**
 * CT series as NIfTI on the grid of their labels, made when they are asked for: one at a time, and none that would take the
 * memory that the node's work needs.
 */
public final class CtImages {
  private static final long WAIT_SECONDS = 60;
  private static final int STOP = Tag.Columns + 1;

  private final Semaphore turn = new Semaphore(1, true);
  /** Where files are made; they are removed when they were read. */
  private final Path folder;

  private CtImages(Path folder) {
    this.folder = folder;
  }

  /** What a run that was killed left is removed. */
  public static CtImages open(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
      for (Path file : left) {
        Files.delete(file);
      }
    }
    return new CtImages(folder);
  }

  /**
   * @param objects of the series
   * @param labels NIfTI file whose grid is taken
   * @return to be closed; its file is gone then
   */
  public InputStream ct(List<Path> objects, Path labels) throws IOException, Operations.Conflict {
    Grid grid = Nifti.readHeader(labels).grid();
    try {
      if (!turn.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new Operations.Conflict("other images are being made; try again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Operations.Conflict("the node stops");
    }
    try {
      requireMemory(objects, grid);
      Path file = Files.createTempFile(folder, "", ".nii");
      try {
        CtSeries series = CtSeriesReader.read(objects, GeometryRules.defaults().withMinSlices(1));
        Nifti.write(file, Resampler.toGrid(series, grid));
        return new Temporary(file);
      } catch (GeometryRefusal e) {
        Files.delete(file);
        throw new Operations.Conflict(e.getMessage());
      } catch (IOException | RuntimeException e) {
        Files.delete(file);
        throw e;
      }
    } finally {
      turn.release();
    }
  }

  /** The slices, and the volume that is made of them, two bytes a voxel, have to fit half of what is free. */
  private static void requireMemory(List<Path> objects, Grid grid) throws IOException, Operations.Conflict {
    long bytes = 2L * grid.voxels();
    for (Path object : objects) {
      Dataset header = DicomReader.readUntil(object, STOP).dataset();
      long frames = Math.max(1, header.integer(Tag.NumberOfFrames).orElse(1));
      bytes += 2L * frames * header.integer(Tag.Rows).orElse(0) * header.integer(Tag.Columns).orElse(0);
    }
    Runtime runtime = Runtime.getRuntime();
    long free = runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    if (bytes > free / 2) {
      throw new Operations.Conflict(
          "the CT would take " + new DataSize(bytes) + " of memory, of which " + new DataSize(free)
              + " are free; try again when the node has less to do");
    }
  }

  /** A file that is removed when it was read. */
  private static final class Temporary extends FilterInputStream {
    private final Path file;

    Temporary(Path file) throws IOException {
      super(Files.newInputStream(file));
      this.file = file;
    }

    @Override
    public void close() throws IOException {
      super.close();
      Files.deleteIfExists(file);
    }
  }
}

package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Any file is read as a volume, and as labels, or refused in words; what is read comes back as it is written. */
class NiftiFuzzTest {
  private static final int MOST_VOXELS = 1 << 16;

  @FuzzTest
  void anyFileIsReadOrRefused(byte[] bytes) throws IOException {
    Path file = Files.createTempFile("fuzz", ".nii");
    try {
      Files.write(file, bytes);
      volume(file);
      labels(file);
    } finally {
      Files.delete(file);
    }
  }

  private static void volume(Path file) throws IOException {
    Volume volume;
    try {
      Grid promised = Nifti.readHeader(file).grid();
      volume = Nifti.readVolume(file);
      assertEquals(promised, volume.grid());
    } catch (IOException refused) {
      assertRefused(file, refused);
      return;
    }
    if (isWritable(volume.grid())) {
      Nifti.write(file, volume);
      assertArrayEquals(volume.hounsfield(), Nifti.readVolume(file).hounsfield());
    }
  }

  private static void labels(Path file) throws IOException {
    try {
      LabelVolume labels = Nifti.readLabels(file);
      assertEquals(labels.grid().voxels(), labels.labels().length);
    } catch (IOException refused) {
      assertRefused(file, refused);
    }
  }

  private static void assertRefused(Path file, IOException refused) {
    assertTrue(refused.getMessage().startsWith(file + ": "), refused::toString);
  }

  /** Steps that are lost in single precision make no affine. */
  private static boolean isWritable(Grid grid) {
    double longest = Math.max(grid.stepX().length(), Math.max(grid.stepY().length(), grid.stepZ().length()));
    double shortest = Math.min(grid.stepX().length(), Math.min(grid.stepY().length(), grid.stepZ().length()));
    return grid.voxels() <= MOST_VOXELS && longest < 1e6 && shortest > 1e-6 && grid.origin().length() < 1e6
        && grid.voxelVolume() > 1e-3 * grid.stepX().length() * grid.stepY().length() * grid.stepZ().length();
  }
}

package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** NIfTI files of Debian's python3-nibabel are read as it reads them, and it reads ours as they were meant. */
@Timeout(120)
class NibabelIT {
  private static final Path SCRIPT = Path.of("src/test/resources/nmsw/volume/nibabel_peer.py").toAbsolutePath();

  @TempDir Path folder;

  /** Ten datatypes, both byte orders, gz or not, axes turned or not, sform, qform or both, scaled or not. */
  @Test
  void readsWhatNibabelWrites() throws Exception {
    nibabel("write");
    List<Path> files;
    try (var all = Files.list(folder)) {
      files = all.filter(f -> f.toString().contains(".nii")).sorted().toList();
    }
    assertEquals(240, files.size());
    for (Path file : files) {
      Volume volume = Nifti.readVolume(file);
      Described theirs = described(file);
      assertSamePlace(theirs.affine(), volume.grid(), file.toString());
      assertEquals(new Nifti.Header(volume.grid(), true), Nifti.readHeader(file));
      assertEquals(24, theirs.values().length);
      for (int i = 0; i < theirs.values().length; i++) {
        assertEquals(Math.rint(theirs.values()[i]), volume.hounsfield()[i], file + ", voxel " + i);
      }
    }
  }

  @Test
  void nibabelReadsWhatWeWrite() throws Exception {
    List<Grid> grids =
        List.of(
            new Grid(5, 4, 3, new Vec3(-120.5, 33, -700), new Vec3(0.7, 0, 0), new Vec3(0, 0.9, 0), new Vec3(0, 0, 2.5)),
            new Grid(5, 4, 3, new Vec3(10, 20, 30), new Vec3(0, -0.7, 0), new Vec3(0, 0, 0.9), new Vec3(2.5, 0, 0)),
            new Grid(5, 4, 3, Vec3.ZERO, new Vec3(0.6, 0.8, 0), new Vec3(-0.8, 0.6, 0), new Vec3(0, 0, -1)),
            new Grid(5, 4, 3, Vec3.ZERO, new Vec3(1, 0, 0), new Vec3(0, 0.97, 0.26), new Vec3(0, 0, 2.5)));
    for (int n = 0; n < grids.size(); n++) {
      Nifti.write(folder.resolve(n + ".nii"), volume(grids.get(n)));
      Nifti.write(folder.resolve("packed" + n + ".nii.gz"), volume(grids.get(n)));
      Nifti.write(folder.resolve("labels" + n + ".nii.gz"), new LabelVolume(grids.get(n), new byte[60]));
    }
    nibabel("read");
    for (int n = 0; n < grids.size(); n++) {
      for (String name : List.of(n + ".nii", "packed" + n + ".nii.gz", "labels" + n + ".nii.gz")) {
        Described theirs = described(folder.resolve(name));
        assertSamePlace(theirs.affine(), grids.get(n), name);
        double[] ours = new double[60];
        for (int i = 0; i < 60 && !name.startsWith("labels"); i++) {
          ours[i] = volume(grids.get(n)).hounsfield()[i];
        }
        assertTrue(Arrays.equals(ours, theirs.values()), name);
      }
    }
  }

  private static Volume volume(Grid grid) {
    return Fields.sample(grid, p -> 11 * p.x() - 7 * p.y() + 3 * p.z());
  }

  /** What nibabel said of a file: three rows of its RAS affine, and its values. */
  private record Described(double[] affine, double[] values) {}

  private static Described described(Path file) throws IOException {
    String name = file.getFileName().toString();
    List<String> lines = Files.readAllLines(file.resolveSibling(name.substring(0, name.indexOf('.')) + ".txt"));
    List<double[]> numbers = new ArrayList<>();
    for (String line : lines) {
      numbers.add(Arrays.stream(line.split(" ")).mapToDouble(Double::parseDouble).toArray());
    }
    return new Described(numbers.get(0), numbers.get(1));
  }

  private static void assertSamePlace(double[] affine, Grid grid, String what) {
    for (int corner = 0; corner < 8; corner++) {
      double[] index = {(corner & 1) * 10, (corner >> 1 & 1) * 10, (corner >> 2) * 10};
      double[] ras = new double[3];
      for (int r = 0; r < 3; r++) {
        ras[r] =
            affine[4 * r] * index[0] + affine[4 * r + 1] * index[1] + affine[4 * r + 2] * index[2] + affine[4 * r + 3];
      }
      Vec3 ours = grid.toPatient(index[0], index[1], index[2]);
      assertEquals(0, ours.minus(new Vec3(-ras[0], -ras[1], ras[2])).length(), 1e-3, what);
    }
  }

  private void nibabel(String word) throws IOException, InterruptedException {
    Path log = folder.resolve("python.log");
    Process process =
        new ProcessBuilder("/usr/bin/python3", "-X", "utf8", SCRIPT.toString(), word, folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertTrue(process.waitFor(1, TimeUnit.MINUTES), "python3 does not end");
    if (process.exitValue() != 0) {
      fail("python3-nibabel is needed (./nmsw test installs it):\n" + Files.readString(log));
    }
  }
}

package nmsw.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import nmsw.volume.CtSeriesWriter;
import nmsw.volume.Grid;
import nmsw.volume.Vec3;

/** CT slices as files in Explicit VR Little Endian: one series, pixels of noise in 12 bits. */
final class SyntheticSlices {
  private static final CtSeriesWriter.Subject SUBJECT =
      new CtSeriesWriter.Subject("bench", "Bench^Network", "Noise", "Noise", "Bench", "ABDOMEN");

  private SyntheticSlices() {}

  /**
   * @param size rows and columns
   */
  static List<Path> write(Path folder, int number, int size) throws IOException {
    Grid grid =
        new Grid(
            size, size, number, new Vec3(-250, -250, 0), new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(0, 0, 1));
    return new CtSeriesWriter(SUBJECT, CtSeriesWriter.stack(grid), 1, k -> noise(k, size * size)).write(folder);
  }

  private static short[] noise(int seed, int pixels) {
    Random random = new Random(seed);
    short[] hounsfield = new short[pixels];
    for (int i = 0; i < pixels; i++) {
      hounsfield[i] = (short) ((random.nextInt() >>> 20) - 1024);
    }
    return hounsfield;
  }
}

package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Golden;
import nmsw.segmentation.nn.Int3;
import nmsw.volume.Grid;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;

class NetworkInputTest {
  private static final Int3 ONE = Int3.cube(1);

  @Test
  void downsamplingMatchesGolden() {
    JsonNode golden = Golden.read("resample.json");
    Int3 size = new Int3(12, 9, 8);
    double[] values = Golden.data(golden.path("input"));
    // Hounsfield units are whole: carry four decimals and let the window undo it.
    double least = Arrays.stream(values).min().orElseThrow();
    double most = Arrays.stream(values).max().orElseThrow();
    double unit = 60000 / (most - least);
    short[] hounsfield = new short[values.length];
    int n = 0;
    for (int x = 0; x < 12; x++) {
      for (int y = 0; y < 9; y++) {
        for (int z = 0; z < 8; z++) {
          hounsfield[x + 12 * (y + 9 * z)] =
              (short) Math.round((values[n++] - least) * unit - 30000);
        }
      }
    }
    NetworkInput input =
        new NetworkInput(volume(size, hounsfield), -30001, 30000, size, ONE, Optional.empty());
    Int3 rate = new Int3(3, 3, 4);

    assertEquals(size, input.size());
    for (Downsampling downsampling : Downsampling.values()) {
      float[] low = input.lowResolution(rate, downsampling);
      double[] actual = new double[low.length];
      for (int i = 0; i < low.length; i++) {
        actual[i] = (low[i] * 60001 - 1) / unit + least;
      }
      String key =
          downsampling == Downsampling.BLOCK_MEAN ? "down_3_3_4_mean_pool" : "down_3_3_4_trilinear";
      Golden.assertClose(golden.path(key), actual, 2e-4, key);
    }
  }

  @Test
  void cropsToTheBodyAndPadsSymmetrically() {
    Int3 size = new Int3(10, 7, 6);
    short[] hounsfield = new short[420];
    Arrays.fill(hounsfield, (short) -1000);
    for (int i = 2; i < 5; i++) {
      for (int j = 3; j < 7; j++) {
        hounsfield[i + 10 * (j + 7 * 4)] = (short) (100 * i);
      }
    }
    NetworkInput input =
        new NetworkInput(
            volume(size, hounsfield), -250, 500, new Int3(4, 4, 4), new Int3(4, 6, 2), Optional.empty());

    assertEquals(new Int3(4, 6, 4), input.size());
    // 3 voxels to 4: none before; 4 to 6: one before; 1 to 4: one before.
    assertEquals(new Int3(2, 2, 3), input.origin());
    assertEquals(new Int3(0, 1, 1), input.bodyFrom());
    assertEquals(new Int3(3, 5, 2), input.bodyTo());
    float[] box = box(input, new Int3(0, 0, 0), input.size());
    for (int x = 0; x < 4; x++) {
      for (int y = 0; y < 6; y++) {
        for (int z = 0; z < 4; z++) {
          boolean body = x < 3 && y >= 1 && y < 5 && z == 1;
          float expected = body ? (float) Math.min(1, (100 * (x + 2) + 250) / 750.0) : -0.1f;
          assertEquals(expected, box[(x * 6 + y) * 4 + z], 1e-6);
        }
      }
    }
    float[] part = box(input, new Int3(1, 1, 1), new Int3(2, 1, 1));
    assertEquals(550 / 750f, part[0], 1e-6);
    assertEquals(650 / 750f, part[1], 1e-6);
  }

  @Test
  void lowResolutionIsTheMeanOfPaddedBlocks() {
    short[] hounsfield = new short[27];
    Arrays.fill(hounsfield, (short) 500);
    NetworkInput input =
        new NetworkInput(volume(Int3.cube(3), hounsfield), -250, 500, Int3.cube(4), ONE, Optional.empty());

    float[] low = input.lowResolution(Int3.cube(2), Downsampling.BLOCK_MEAN);

    assertEquals(1, low[0], 1e-6);
    assertEquals((1 - 7 * 0.1) / 8, low[7], 1e-6);
  }

  /** What the public code's chain of pads and crops gives, carried out on the indices of a row. */
  @Test
  void aFixedSizeIsReachedByPadAndCentreCrop() {
    for (int extent = 1; extent < 45; extent++) {
      for (int fixed : new int[] {12, 15, 24}) {
        short[] hounsfield = new short[extent + 5];
        Arrays.fill(hounsfield, (short) -1000);
        Arrays.fill(hounsfield, 3, 3 + extent, (short) 0);
        NetworkInput input =
            new NetworkInput(
                volume(new Int3(extent + 5, 1, 1), hounsfield), -250, 500, new Int3(7, 1, 1),
                new Int3(6, 1, 1), Optional.of(new Int3(fixed, 1, 1)));

        int[] row = IntStream.range(3, 3 + extent).toArray();
        row = padded(row, Math.max(7, extent));
        row = padded(row, (row.length + 5) / 6 * 6);
        if (row.length > fixed) {
          int from = row.length / 2 - fixed / 2;
          row = Arrays.copyOfRange(row, from, from + fixed);
        }
        row = padded(row, fixed);
        assertEquals(new Int3(fixed, 1, 1), input.size());
        FloatBuffer values = FloatBuffer.allocate(fixed);
        input.read(new Int3(0, 0, 0), input.size(), values);
        for (int x = 0; x < fixed; x++) {
          boolean body = row[x] >= 0;
          String what = "extent " + extent + " to " + fixed + " at " + x;
          assertEquals(body ? 250 / 750f : -0.1f, values.get(x), 1e-6, what);
          assertEquals(body, x >= input.bodyFrom().x() && x < input.bodyTo().x(), what);
          if (body) {
            assertEquals(row[x], x + input.origin().x(), what);
          }
        }
      }
    }
  }

  /** Symmetric: the smaller half in front. */
  private static int[] padded(int[] row, int size) {
    int[] result = new int[Math.max(size, row.length)];
    Arrays.fill(result, -1);
    System.arraycopy(row, 0, result, (result.length - row.length) / 2, row.length);
    return result;
  }

  @Test
  void airAloneIsEmpty() {
    short[] hounsfield = new short[27];
    Arrays.fill(hounsfield, (short) -250);

    assertTrue(
        new NetworkInput(volume(Int3.cube(3), hounsfield), -250, 500, ONE, ONE, Optional.empty())
            .isEmpty());
  }

  private static Volume volume(Int3 size, short[] hounsfield) {
    Grid grid =
        new Grid(
            size.x(), size.y(), size.z(), Vec3.ZERO, new Vec3(1, 0, 0), new Vec3(0, 1, 0),
            new Vec3(0, 0, 1));
    return new Volume(grid, hounsfield);
  }

  private static float[] box(NetworkInput input, Int3 start, Int3 size) {
    float[] values = new float[(int) size.product()];
    input.read(start, size, FloatBuffer.wrap(values));
    return values;
  }
}

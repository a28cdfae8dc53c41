package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegionStatisticsTest {
  private static final int ROWS = 5;
  private static final int COLUMNS = 7;
  private static final double PIXEL = 0.7 * 0.9;

  /** Sagittal planes at these distances, shifted in plane as by a tilted gantry. */
  private static SliceStack stack(double... distances) {
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < distances.length; k++) {
      Vec3 position = new Vec3(-distances[k], 4 + 0.3 * k, 10);
      slices.add(new SliceStack.Slice("1." + k, "1.2", 1, k + 1, position));
    }
    return new SliceStack(COLUMNS, ROWS, 0.7, 0.9, new Vec3(0, 1, 0), new Vec3(0, 0, -1), slices);
  }

  private static List<byte[]> labels(int slices, Random random) {
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      byte[] slice = new byte[ROWS * COLUMNS];
      for (int i = 0; i < slice.length; i++) {
        slice[i] = (byte) new int[] {0, 3, 200}[random.nextInt(3)];
      }
      labels.add(slice);
    }
    return labels;
  }

  private static List<short[]> noise(int slices, Random random) {
    List<short[]> hounsfield = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      short[] slice = new short[ROWS * COLUMNS];
      for (int i = 0; i < slice.length; i++) {
        slice[i] = (short) random.nextInt();
      }
      hounsfield.add(slice);
    }
    return hounsfield;
  }

  @Test
  void eachPixelCountsWithTheSlabOfItsSlice() {
    double[] slabs = {1, 1.5, 3.5, 5};
    SliceStack stack = stack(-3, -2, 0, 5);
    Random random = new Random(4);
    List<byte[]> labels = labels(4, random);
    List<short[]> hounsfield = noise(4, random);
    RegionStatistics statistics = RegionStatistics.of(new SliceLabels(stack, labels), hounsfield, 1);
    for (int label : new int[] {0, 3, 200}) {
      double volume = 0;
      double sum = 0;
      long pixels = 0;
      for (int k = 0; k < 4; k++) {
        for (int i = 0; i < ROWS * COLUMNS; i++) {
          if ((labels.get(k)[i] & 0xFF) == label) {
            pixels++;
            volume += slabs[k] * PIXEL;
            sum += slabs[k] * PIXEL * hounsfield.get(k)[i];
          }
        }
      }
      double mean = sum / volume;
      double squares = 0;
      for (int k = 0; k < 4; k++) {
        for (int i = 0; i < ROWS * COLUMNS; i++) {
          if ((labels.get(k)[i] & 0xFF) == label) {
            squares += slabs[k] * PIXEL * Math.pow(hounsfield.get(k)[i] - mean, 2);
          }
        }
      }
      RegionStatistics.Region region = statistics.region(label);
      assertEquals(pixels, region.pixels());
      assertEquals(volume / 1000, region.millilitres(), 1e-12);
      assertEquals(mean, region.mean(), 1e-8);
      assertEquals(Math.sqrt(squares / volume), region.standardDeviation(), 1e-8);
    }
    assertTrue(statistics.region(1).isEmpty() && Double.isNaN(statistics.region(1).mean()));
    assertEquals(0, statistics.region(1).millilitres());
  }

  @Test
  void aRegionOfOneValueHasNoDeviation() {
    SliceStack stack = stack(0, 0.3, 7, 7.7);
    List<byte[]> labels = labels(4, new Random(1));
    List<short[]> hounsfield = noise(4, new Random(2));
    for (int k = 0; k < 4; k++) {
      for (int i = 0; i < ROWS * COLUMNS; i++) {
        if (labels.get(k)[i] == 3) {
          hounsfield.get(k)[i] = -32768;
        }
      }
    }
    RegionStatistics.Region region = RegionStatistics.of(new SliceLabels(stack, labels), hounsfield, 1).region(3);
    assertEquals(-32768, region.mean());
    assertEquals(0, region.standardDeviation());
  }

  @Test
  void aSliceAloneIsAsThickAsItsHeaderSays() {
    SliceLabels labels = new SliceLabels(stack(2), labels(1, new Random(1)));
    List<short[]> hounsfield = noise(1, new Random(2));
    RegionStatistics.Region region = RegionStatistics.of(labels, hounsfield, 2.5).region(3);
    assertEquals(region.pixels() * PIXEL * 2.5 / 1000, region.millilitres(), 1e-12);
    assertThrows(IllegalArgumentException.class, () -> RegionStatistics.of(labels, hounsfield, 0));
    assertThrows(IllegalArgumentException.class, () -> RegionStatistics.of(labels, List.of(), 1));
  }
}

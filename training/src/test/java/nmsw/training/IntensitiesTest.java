package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IntensitiesTest {
  private static final Int3 SIZE = new Int3(9, 10, 11);

  /** Values in [0, 1], the first plane padding. */
  private static float[] image() {
    float[] image = new float[(int) SIZE.product()];
    SplittableRandom random = new SplittableRandom(2);
    for (int v = 0; v < image.length; v++) {
      image[v] = v < 110 ? Sample.PADDING : (float) random.nextDouble();
    }
    return image;
  }

  private static double[] moments(float[] image) {
    double mean = 0;
    for (int v = 110; v < image.length; v++) {
      mean += image[v] / (image.length - 110);
    }
    double variance = 0;
    for (int v = 110; v < image.length; v++) {
      variance += Math.pow(image[v] - mean, 2) / (image.length - 110);
    }
    return new double[] {mean, Math.sqrt(variance)};
  }

  private static void assertPaddingStays(float[] image) {
    for (int v = 0; v < 110; v++) {
      assertEquals(Sample.PADDING, image[v], 0);
    }
  }

  @Test
  void aChangeIsLinear() {
    float[] image = image();
    new Intensities(image, SIZE).change(1.2, -0.05);
    assertEquals(1.2 * image()[500] - 0.05, image[500], 1e-6);
    assertPaddingStays(image);
  }

  @Test
  void noiseHasItsDeviation() {
    float[] image = image();
    new Intensities(image, SIZE).addNoise(0.1, new SplittableRandom(3));
    float[] difference = image.clone();
    for (int v = 0; v < image.length; v++) {
      difference[v] -= image()[v];
    }
    assertArrayEquals(new double[] {0, 0.1}, moments(difference), 0.01);
    assertPaddingStays(image);
  }

  /** An impulse becomes the product of three sampled Gaussians; a constant stays one. */
  @Test
  void smoothingIsAGaussianFilter() {
    float[] image = new float[(int) SIZE.product()];
    int middle = (4 * 10 + 5) * 11 + 5;
    image[middle] = 1;
    new Intensities(image, SIZE).smooth(new double[] {0.5, 0.7, 1});
    double centre = image[middle];
    assertEquals(Math.exp(-2), image[middle + 110] / centre, 1e-5, "along x, sigma 0.5");
    assertEquals(Math.exp(-0.5 / 0.49), image[middle + 11] / centre, 1e-5, "along y, sigma 0.7");
    assertEquals(Math.exp(-0.5 * 4), image[middle - 2] / centre, 1e-5, "along z, sigma 1");
    float[] constant = new float[image.length];
    Arrays.fill(constant, 0.4f);
    new Intensities(constant, SIZE).smooth(new double[] {1, 1, 1});
    for (float value : constant) {
      assertEquals(0.4, value, 1e-5);
    }
    float[] padded = image();
    new Intensities(padded, SIZE).smooth(new double[] {1, 1, 1});
    assertPaddingStays(padded);
  }

  /** Half the resolution of 8 voxels: of 0, 2, 4, 6 along z, and lines between them. */
  @Test
  void lowResolutionKeepsEverySecondVoxelAndDrawsLines() {
    float[] image = {0, 9, 8, 9, 4, 9, 12, 9};
    new Intensities(image, new Int3(1, 1, 8)).lower(0.5);
    assertArrayEquals(new float[] {0, 2, 6, 7, 5, 6, 10, 12}, image, 1e-5f);
    float[] same = image();
    new Intensities(same, SIZE).lower(1);
    assertArrayEquals(image(), same, 1e-6f);
  }

  @Test
  void gammaBendsAndRestoresMeanAndDeviation() {
    for (boolean inverted : new boolean[] {false, true}) {
      float[] image = image();
      new Intensities(image, SIZE).gamma(2, inverted);
      assertArrayEquals(moments(image()), moments(image), 1e-4);
      assertPaddingStays(image);
      // Restored linearly, so three values' places between each other are those of the bent ones.
      float[] before = image();
      double min = 1;
      double max = 0;
      for (int v = 110; v < before.length; v++) {
        min = Math.min(min, before[v]);
        max = Math.max(max, before[v]);
      }
      double expected = (bent(before[300], min, max, inverted) - bent(before[400], min, max, inverted))
          / (bent(before[500], min, max, inverted) - bent(before[400], min, max, inverted));
      assertEquals(expected, (image[300] - image[400]) / (image[500] - image[400]), 1e-3);
    }
  }

  private static double bent(double value, double min, double max, boolean inverted) {
    return inverted
        ? -Math.pow((max - value) / (max - min), 2)
        : Math.pow((value - min) / (max - min), 2);
  }

  private record Single(Augmentation augmentation, double probability) {}

  static List<Single> singles() {
    return List.of(
        new Single(new Augmentation(null, 0.1, 0, null, 0, null, 0, null, null, null, 0), 0.2),
        new Single(new Augmentation(null, 0, 0, null, 0.1, null, 0, null, null, null, 0), 0.1),
        new Single(
            new Augmentation(null, 0, 0, null, 0, List.of(0.5, 1.0), 0, null, null, null, 0), 0.2),
        new Single(new Augmentation(null, 0, 0, null, 0, null, 0.25, null, null, null, 0), 0.15),
        // Factors above 10.5 / 11, a share of 0.091 of all, leave so small an image as it is.
        new Single(
            new Augmentation(null, 0, 0, null, 0, null, 0, 0.5, null, null, 0), 0.25 * 0.909),
        new Single(
            new Augmentation(null, 0, 0, null, 0, null, 0, null, List.of(0.7, 1.5), null, 0), 0.1),
        new Single(
            new Augmentation(null, 0, 0, null, 0, null, 0, null, null, List.of(0.7, 1.5), 0), 0.3));
  }

  @ParameterizedTest
  @MethodSource("singles")
  void eachIsDoneAsOftenAsItsProbability(Single single) {
    int changed = 0;
    int runs = 2000;
    SplittableRandom random = new SplittableRandom(5);
    for (int run = 0; run < runs; run++) {
      float[] image = image();
      new Intensities(image, SIZE).vary(single.augmentation(), random.split());
      changed += Arrays.equals(image, image()) ? 0 : 1;
    }
    assertEquals(single.probability(), (double) changed / runs, 0.03);
  }

  @Test
  void offIsTheIdentity() {
    for (int seed = 0; seed < 100; seed++) {
      float[] image = image();
      new Intensities(image, SIZE).vary(Augmentation.none(), new SplittableRandom(seed));
      assertArrayEquals(image(), image, 0);
    }
  }

  @Test
  void equalSeedsAreEqual() {
    Augmentation all =
        new Augmentation(
            null, 0.1, 0, null, 0.1, List.of(0.5, 1.0), 0.25, 0.5, List.of(0.7, 1.5),
            List.of(0.7, 1.5), 0);
    boolean varied = false;
    for (int seed = 0; seed < 20; seed++) {
      float[] once = image();
      float[] again = image();
      new Intensities(once, SIZE).vary(all, new SplittableRandom(seed));
      new Intensities(again, SIZE).vary(all, new SplittableRandom(seed));
      assertArrayEquals(once, again, 0);
      varied |= !Arrays.equals(once, image());
    }
    assertTrue(varied);
  }
}

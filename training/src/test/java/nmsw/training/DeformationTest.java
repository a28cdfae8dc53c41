package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Int3;
import nmsw.training.Augmentation.Affine;
import org.junit.jupiter.api.Test;

class DeformationTest {
  private static final Int3 SIZE = new Int3(16, 16, 16);
  private static final double[] UNIT = {1, 0, 0, 0, 1, 0, 0, 0, 1};

  /** Values that rise by 10 HU per voxel along x, 1 along y, 0.1 would be lost: 100 along z. */
  private static short value(int x, int y, int z) {
    return (short) (10 * x + y + 100 * z);
  }

  private static TrainingCase ramp() {
    short[] values = new short[(int) SIZE.product()];
    byte[] labels = new byte[values.length];
    for (int v = 0; v < values.length; v++) {
      values[v] = value(v / 256, v / 16 % 16, v % 16);
      labels[v] = (byte) (v / 256);
    }
    return new TrainingCase("ramp", SIZE, values, labels, Set.of());
  }

  /** In HU. */
  private static float at(Sample sample, int x, int y, int z) {
    return sample.image()[(x * 16 + y) * 16 + z] * 2000;
  }

  private static Sample resample(Deformation deformation) {
    return new SampleMaker(0, 2000, 8, 8, null, Augmentation.none())
        .resample(ramp(), deformation);
  }

  @Test
  void offIsTheIdentity() {
    Deformation deformation = Deformation.random(Augmentation.none(), new SplittableRandom(1));
    Sample sample = resample(deformation);
    TrainingCase source = ramp();
    assertArrayEquals(source.labels(), sample.labels());
    for (int v = 0; v < sample.image().length; v++) {
      assertEquals(source.hounsfield()[v] / 2000f, sample.image()[v], 0);
    }
  }

  @Test
  void aTranslationMovesImageAndLabelsAndFillsWithPadding() {
    Sample sample = resample(new Deformation(UNIT, new double[] {3, 0, 0.5}, new double[3][0]));
    assertEquals(10 * (7 - 3) + 5 + 100 * 8.5, at(sample, 7, 5, 9), 0.01);
    assertEquals(4, sample.labels()[(7 * 16 + 5) * 16 + 9]);
    assertEquals(Sample.PADDING, sample.image()[(2 * 16 + 5) * 16 + 9], 0, "from outside");
    assertEquals(0, sample.labels()[(2 * 16 + 5) * 16 + 9]);
  }

  @Test
  void aQuarterTurnAboutZMapsXToY() {
    double[] matrix = Deformation.matrix(new double[] {0, 0, Math.PI / 2}, new double[] {1, 1, 1});
    Sample sample = resample(new Deformation(matrix, new double[3], new double[3][0]));
    // About 7.5: (x, y) comes from (15 - y, x).
    assertEquals(value(15 - 4, 3, 6), at(sample, 3, 4, 6), 0.01);
    assertEquals(15 - 4, sample.labels()[(3 * 16 + 4) * 16 + 6]);
  }

  @Test
  void aScaleAboveOneMakesLarger() {
    double[] matrix = Deformation.matrix(new double[3], new double[] {2, 1, 1});
    Sample sample = resample(new Deformation(matrix, new double[3], new double[3][0]));
    assertEquals(10 * (7.5 + 2.5 / 2) + 5 + 100 * 9, at(sample, 10, 5, 9), 0.01);
  }

  /** Each turn keeps lengths, and the order is x, y, z. */
  @Test
  void rotationsAreRotations() {
    double[] m = Deformation.matrix(new double[] {0.3, -0.4, 0.5}, new double[] {1, 1, 1});
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double product = 0;
        for (int k = 0; k < 3; k++) {
          product += m[3 * i + k] * m[3 * j + k];
        }
        assertEquals(i == j ? 1 : 0, product, 1e-12);
      }
    }
    double[] xThenZ = Deformation.matrix(new double[] {Math.PI / 2, 0, Math.PI / 2}, new double[] {1, 1, 1});
    // The y axis goes to z, and stays there; the z axis to -y and on to x.
    assertArrayEquals(new double[] {0, 0, 1, 1, 0, 0, 0, 1, 0}, xThenZ, 1e-12);
  }

  @Test
  void aDistortionStretchesItsCells() {
    double[][] cells = {{1, 1.5, 1, 1, 1}, {}, {}};
    Sample sample = resample(new Deformation(UNIT, new double[3], cells));
    assertEquals(value(2, 5, 9), at(sample, 2, 5, 9), 0.01, "first cell, of 3.2 voxels, as it was");
    assertEquals(10 * (3.2 + 0.8 * 1.5) + 5 + 900, at(sample, 4, 5, 9), 0.01);
    assertEquals(10 * (3.2 + 3.2 * 1.5 + 1.6) + 5 + 900, at(sample, 8, 5, 9), 0.01);
    assertEquals(Sample.PADDING, sample.image()[(15 * 16 + 5) * 16 + 9], 0, "beyond the end");
  }

  @Test
  void eachIsDrawnAsOftenAsItsProbability() {
    Affine affine = new Affine(0.5, List.of(0.2, 0.2, 0.3), List.of(1.0, 1.0, 5.0));
    Augmentation all =
        new Augmentation(null, 0, 4, affine, 0, null, 0, null, null, null, 0.05);
    int turned = 0;
    int distorted = 0;
    int runs = 2000;
    for (int seed = 0; seed < runs; seed++) {
      Deformation drawn = Deformation.random(all, new SplittableRandom(seed));
      turned += drawn.matrix()[1] != 0 ? 1 : 0;
      distorted += drawn.cells()[0].length > 0 ? 1 : 0;
      assertTrue(Math.abs(drawn.shift()[0]) <= 5 && drawn.shift()[0] != 0);
      for (double[] widths : drawn.cells()) {
        for (double width : widths) {
          assertEquals(1, width, 0.05);
        }
      }
    }
    assertEquals(0.3, (double) turned / runs, 0.04);
    assertEquals(0.3, (double) distorted / runs, 0.04);
  }
}

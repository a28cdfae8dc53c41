package nmsw.training.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import nmsw.segmentation.nn.Int3;
import nmsw.volume.Code;
import nmsw.volume.CtPainter;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** 40 x 40 x 40 voxels of 2 mm of soft tissue with a red cube at the patient's right, front and feet. */
class ValidationPicturesTest {
  private static final int N = 40;
  private final byte[] truth = new byte[N * N * N];
  private ValidationPictures pictures;

  static LabelTable table(String name) {
    Code code = new Code("99TEST", "c", "c");
    return new LabelTable(
        List.of(
            new LabelClass(
                1, name, name, code, code, Optional.empty(), Optional.empty(), Optional.empty(), 0xFF0000)));
  }

  @BeforeEach
  void cube() {
    for (int x = 28; x < 36; x++) {
      for (int y = 26; y < 34; y++) {
        Arrays.fill(truth, (x * N + y) * N + 4, (x * N + y) * N + 10, (byte) 1);
      }
    }
    float[] hounsfield = new float[truth.length];
    Arrays.fill(hounsfield, 40);
    pictures =
        new ValidationPictures(new Int3(N, N, N), new Vec3(2, 2, 2), hounsfield, truth, table("cube"));
  }

  @Test
  void bothPlanesCutTheTruthWithThePatientsRightOnTheLeft() {
    BufferedImage picture = pictures.truth();
    int panel = (picture.getWidth() - 6) / 2;
    double pixels = panel / (double) N;
    double[] axial = centreOfRed(picture, 0, panel);
    assertEquals((N - 32) * pixels, axial[0], 2, "column in the axial plane");
    assertEquals((N - 30) * pixels, axial[1], 2, "row: the front is at the top");
    double[] coronal = centreOfRed(picture, panel + 6, panel);
    assertEquals((N - 32) * pixels, coronal[0], 2, "column in the coronal plane");
    assertEquals((N - 7) * pixels, coronal[1], 2, "row: the feet are at the bottom");
  }

  @Test
  void theImageHasNoColours() {
    BufferedImage picture = pictures.image();
    assertTrue(Double.isNaN(centreOfRed(picture, 0, picture.getWidth())[0]));
  }

  @Test
  void patchesThatThePlaneCutsAreBrightOthersFaint() {
    Int3 patch = Int3.cube(10);
    BufferedImage cut = pictures.prediction(truth, List.of(new Int3(5, 5, 0)), patch);
    BufferedImage behind = pictures.prediction(truth, List.of(new Int3(5, 5, 25)), patch);
    double pixels = (cut.getWidth() - 6) / 2.0 / N;
    int x = (int) Math.round((N - 15) * pixels);
    int y = (int) Math.round((N - 10) * pixels);
    assertEquals(CtPainter.PATCH, new Color(cut.getRGB(x, y)));
    Color faint = new Color(behind.getRGB(x, y));
    assertTrue(faint.getRed() > faint.getBlue() && !faint.equals(CtPainter.PATCH), "it is " + faint);
  }

  @Test
  void labelsOfAnotherCaseAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> pictures.prediction(new byte[1], List.of(), Int3.cube(1)));
  }

  private static double[] centreOfRed(BufferedImage picture, int left, int width) {
    double x = 0;
    double y = 0;
    int count = 0;
    for (int row = 0; row < picture.getHeight(); row++) {
      for (int column = 0; column < width; column++) {
        Color colour = new Color(picture.getRGB(left + column, row));
        if (colour.getRed() > colour.getBlue() + 40 && colour.getGreen() < colour.getRed() - 40) {
          x += column + 0.5;
          y += row + 0.5;
          count++;
        }
      }
    }
    return new double[] {x / count, y / count};
  }
}

package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import nmsw.dicom.Dataset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A body of water, 300 x 200 mm, with a red ball right front and a green ball left back. */
class ContactSheetTest {
  private static final int RED = 0xFF0000;
  private static final int GREEN = 0x00FF00;
  private static final Vec3 RED_BALL = new Vec3(-80, -40, 30);
  private static final Vec3 GREEN_BALL = new Vec3(70, 45, -20);
  private static final LabelTable TABLE = new LabelTable(List.of(organ(1, "red", RED), organ(2, "green", GREEN)));

  private static LabelClass organ(int index, String name, int rgb) {
    Code code = new Code("99TEST", name, name);
    return new LabelClass(index, name, name, code, code, Optional.empty(), Optional.empty(), Optional.empty(), rgb);
  }

  private record Series(SliceStack stack, List<short[]> hounsfield, SliceLabels labels) {
    BufferedImage sheet(List<PatientBox> boxes) {
      return ContactSheet.render(stack, hounsfield, labels, TABLE, boxes);
    }
  }

  private static Series series(SliceStack stack) {
    List<short[]> hu = new ArrayList<>();
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      short[] h = new short[stack.rows() * stack.columns()];
      byte[] l = new byte[h.length];
      for (int n = 0; n < h.length; n++) {
        Vec3 p = stack.toPatient(n % stack.columns(), n / stack.columns(), k);
        boolean body = Math.abs(p.x()) < 150 && Math.abs(p.y()) < 100 && Math.abs(p.z()) < 90;
        h[n] = (short) (body ? 40 : -1000);
        l[n] = (byte) (p.minus(RED_BALL).length() < 30 ? 1 : p.minus(GREEN_BALL).length() < 35 ? 2 : 0);
      }
      hu.add(h);
      labels.add(l);
    }
    return new Series(stack, hu, new SliceLabels(stack, labels));
  }

  private static SliceStack stack(int columns, int rows, double dx, double dy, Vec3 across, Vec3 down, Vec3 first, int n, double gap) {
    Vec3 normal = across.cross(down);
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < n; k++) {
      slices.add(new SliceStack.Slice("1." + k, "1.2", 1, k + 1, first.plus(normal.times(k * gap))));
    }
    return new SliceStack(columns, rows, dx, dy, across, down, slices);
  }

  private static SliceStack headFirstSupine() {
    return stack(110, 60, 3, 4, new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(-165, -118, -100), 41, 5);
  }

  private static SliceStack headFirstProne() {
    return stack(110, 60, 3, 4, new Vec3(-1, 0, 0), new Vec3(0, -1, 0), new Vec3(162, 118, -100), 41, 5);
  }

  private static SliceStack feetFirst() {
    return stack(110, 60, 3, 4, new Vec3(-1, 0, 0), new Vec3(0, 1, 0), new Vec3(162, -118, 100), 41, 5);
  }

  private static SliceStack coronal() {
    return stack(110, 41, 3, 5, new Vec3(1, 0, 0), new Vec3(0, 0, -1), new Vec3(-165, -118, 100), 60, 4);
  }

  private static SliceStack sagittal() {
    return stack(60, 41, 4, 5, new Vec3(0, 1, 0), new Vec3(0, 0, -1), new Vec3(162, -118, 100), 110, 3);
  }

  /** Mean position of the pixels in which one primary colour clearly leads, in a part of the picture. */
  private static double[] centre(BufferedImage image, int rgb, int x0, int y0, int x1, int y1) {
    double n = 0;
    double x = 0;
    double y = 0;
    for (int j = y0; j < y1; j++) {
      for (int i = x0; i < x1; i++) {
        int v = image.getRGB(i, j);
        int red = v >> 16 & 0xFF;
        int green = v >> 8 & 0xFF;
        int lead = rgb == RED ? red - green : green - red;
        if (lead > 60 && (v & 0xFF) < Math.max(red, green)) {
          n++;
          x += i;
          y += j;
        }
      }
    }
    return new double[] {n, x / n, y / n};
  }

  @Test
  void showsEveryOrientationTheSameWay() {
    BufferedImage reference = series(headFirstSupine()).sheet(List.of());
    for (SliceStack stack : List.of(headFirstSupine(), headFirstProne(), feetFirst(), coronal(), sagittal())) {
      BufferedImage image = series(stack).sheet(List.of());
      String what = stack.rowDirection() + " " + stack.columnDirection();
      int panels = 4 * 286;
      double[] red = centre(image, RED, 0, 0, panels, image.getHeight() - 40);
      double[] green = centre(image, GREEN, 0, 0, panels, image.getHeight() - 40);
      assertTrue(red[0] > 500 && green[0] > 500, what);
      double[] redThere = centre(reference, RED, 0, 0, panels, reference.getHeight() - 40);
      assertEquals(redThere[1], red[1], 12, what);
      assertEquals(redThere[2], red[2], 12, what);
    }
  }

  @Test
  void putsThePatientsRightOnTheLeftTheFrontAtTheTopAndTheHeadUp() {
    BufferedImage image = series(headFirstSupine()).sheet(List.of());
    int mid = 6 + 140;
    int panel = 286;
    // The red ball (z 0..60) is in the first row's slices, the green one (z -55..15) in the last row's.
    double[] red = centre(image, RED, 0, 0, panel, 200);
    assertTrue(red[0] > 20 && red[1] < mid - 30, "red at " + red[1]);
    int rowHeight = (image.getHeight() - 40) / 3;
    double[] green = centre(image, GREEN, 0, 2 * rowHeight, panel, image.getHeight() - 40);
    assertTrue(green[0] > 20 && green[1] > mid + 30, "green at " + green[1]);
    assertTrue(red[2] < 6 + rowHeight / 2.0 - 15, "red at row " + red[2]);
    assertTrue(green[2] > 2.5 * rowHeight + 10, "green at row " + green[2]);
  }

  @Test
  void ballsStayRound() {
    BufferedImage image = series(headFirstSupine()).sheet(List.of());
    int rowHeight = (image.getHeight() - 40) / 3;
    for (int panel = 0; panel < 2; panel++) {
      int[] box = {9999, -1, 9999, -1};
      for (int y = 0; y < rowHeight; y++) {
        for (int x = panel * 286; x < panel * 286 + 286; x++) {
          int v = image.getRGB(x, y);
          if ((v >> 16 & 0xFF) - (v >> 8 & 0xFF) > 60) {
            box = new int[] {
              Math.min(box[0], x), Math.max(box[1], x), Math.min(box[2], y), Math.max(box[3], y)};
          }
        }
      }
      assertTrue(box[1] > 0);
      assertEquals(1, (box[1] - box[0] + 1.0) / (box[3] - box[2] + 1.0), 0.2);
    }
  }

  @Test
  void outlinesBoxesWhereTheyCutAPlane() {
    PatientBox around = new PatientBox(
        new Vec3(-120, -80, -10), new Vec3(80, 0, 0), new Vec3(0, 80, 0), new Vec3(0, 0, 80));
    BufferedImage with = series(headFirstSupine()).sheet(List.of(around));
    int yellow = 0;
    int left = 0;
    for (int y = 0; y < 180; y++) {
      for (int x = 0; x < 286; x++) {
        int v = with.getRGB(x, y);
        if ((v >> 16 & 0xFF) > 180 && (v >> 8 & 0xFF) > 150 && (v & 0xFF) < 90) {
          yellow++;
          left += x < 146 ? 1 : 0;
        }
      }
    }
    assertTrue(yellow > 100 && left == yellow, yellow + " yellow pixels, " + left + " on the patient's right");

    List<double[]> section = around.section(new Vec3(0, 0, 0), new Vec3(1, 0, 0), new Vec3(0, 1, 0));
    assertEquals(4, section.size());
    assertEquals(-120, section.stream().mapToDouble(p -> p[0]).min().orElseThrow(), 1e-9);
    assertEquals(0, section.stream().mapToDouble(p -> p[1]).max().orElseThrow(), 1e-9);
    assertTrue(around.section(new Vec3(0, 0, 71), new Vec3(1, 0, 0), new Vec3(0, 1, 0)).isEmpty());
  }

  @Test
  void notesStandBelowTheLegendAndAreBrokenWhereTheyAreTooLong() {
    Series s = series(headFirstSupine());
    CtSeries ct = new CtSeries(s.stack(), s.hounsfield(), new Dataset(), List.of());
    RegionStatistics statistics = RegionStatistics.of(s.labels(), s.hounsfield(), 1);
    BufferedImage plain = ContactSheet.render(ct, s.labels(), TABLE, statistics, List.of());
    BufferedImage one = ContactSheet.render(ct, s.labels(), TABLE, statistics, List.of("not reviewed"));
    assertEquals(plain.getHeight() + 22, one.getHeight());
    String note = "organ, ".repeat(200).strip();
    BufferedImage broken = ContactSheet.render(ct, s.labels(), TABLE, statistics, List.of(note));
    int lines = (broken.getHeight() - plain.getHeight()) / 22;
    assertTrue(lines > 3 && lines < 10 && broken.getWidth() == plain.getWidth(), lines + " lines");
    int background = CtPainter.BACKGROUND.getRGB();
    for (int line = 0; line < lines; line++) {
      int bright = 0;
      for (int y = 0; y < 22; y++) {
        int row = plain.getHeight() - 6 + 22 * line + y;
        for (int x = 0; x < broken.getWidth(); x++) {
          bright += broken.getRGB(x, row) != background ? 1 : 0;
        }
        assertEquals(background, broken.getRGB(broken.getWidth() - 3, row), "text runs out of the picture");
      }
      assertTrue(bright > 30, "line " + line + " is empty");
    }
  }

  /** The legend's columns are as wide as its longest entry. */
  @Test
  void aLongLabelHasItsRoom() {
    String label = "a label with as many characters as a label of DICOM may ever have";
    LabelTable table =
        new LabelTable(List.of(organ(1, label.substring(0, 64), RED), organ(2, "green", GREEN)));
    Series s = series(headFirstSupine());
    BufferedImage sheet = ContactSheet.render(s.stack(), s.hounsfield(), s.labels(), table, List.of());
    int row = sheet.getHeight() - 20;
    int secondBox = 0;
    for (int x = sheet.getWidth() - 1; x > 30 && secondBox == 0; x--) {
      secondBox = sheet.getRGB(x, row) == (0xFF000000 | GREEN) ? x - 13 : 0;
    }
    assertTrue(secondBox > 350, "the second entry begins at " + secondBox);
    for (int x = secondBox - 5; x < secondBox; x++) {
      for (int y = row - 8; y < row + 12; y++) {
        assertEquals(CtPainter.BACKGROUND.getRGB(), sheet.getRGB(x, y), "text reaches the second entry");
      }
    }
  }

  @Test
  void writesAPngThatReadsBackAlsoWithoutAnyLabel(@TempDir Path folder) throws Exception {
    Series s = series(headFirstSupine());
    List<byte[]> none = s.labels().labels().stream().map(l -> new byte[l.length]).toList();
    Path png = folder.resolve("sheet.png");
    ContactSheet.write(png, s.stack(), s.hounsfield(), new SliceLabels(s.stack(), none), TABLE, List.of());
    BufferedImage read = ImageIO.read(png.toFile());
    assertTrue(read.getWidth() > 1100 && read.getHeight() > 500);
    assertEquals(0, centre(read, RED, 0, 0, read.getWidth(), read.getHeight())[0]);
  }
}

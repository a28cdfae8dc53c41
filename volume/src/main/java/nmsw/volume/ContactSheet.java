package nmsw.volume;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/**
 * One picture that shows a segmented series at a glance: axial slices through the labelled range, a coronal and a
 * sagittal reformat, organs in colour with outlines, patch boxes in yellow, a legend with volumes.
 *
 * <p>The planes are cut in patient coordinates, so every stack is shown alike whatever its orientation: axial slices
 * from above the feet (patient's right on the picture's left, front at the top), head upwards in the reformats, and
 * millimetres of equal length in both directions. Colours and window are those of {@link CtPainter}.
 */
public final class ContactSheet {
  private static final int COLUMNS = 4;
  private static final int ROWS = 3;
  private static final int PANEL = 280;
  private static final int GAP = 6;
  private static final int LEGEND_ROW = 22;
  private static final int LEGEND_COLUMN = 250;
  private static final int LEGEND_TEXT = 20;
  private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final Vec3 LEFT = new Vec3(1, 0, 0);
  private static final Vec3 BACK = new Vec3(0, 1, 0);
  private static final Vec3 FEET = new Vec3(0, 0, -1);

  private final SliceStack stack;
  private final List<short[]> hounsfield;
  private final List<byte[]> labels;
  private final LabelTable table;
  private final List<PatientBox> boxes;
  private final RegionStatistics statistics;
  private final List<String> notes;
  private final CtPainter painter;

  private ContactSheet(
      SliceStack stack,
      List<short[]> hounsfield,
      SliceLabels labels,
      LabelTable table,
      List<PatientBox> boxes,
      RegionStatistics statistics,
      List<String> notes) {
    if (hounsfield.size() != stack.size() || labels.stack().size() != stack.size()) {
      throw new IllegalArgumentException(
          stack.size() + " slices with " + hounsfield.size() + " images and " + labels.stack().size() + " label slices");
    }
    this.stack = stack;
    this.hounsfield = hounsfield;
    this.labels = labels.labels();
    this.table = table;
    this.boxes = boxes;
    this.statistics = statistics;
    this.notes = notes;
    this.painter = new CtPainter(table);
  }

  /** Renders the sheet of a series as a PNG file; the last arguments as in {@link #render}. */
  public static void write(
      Path png, CtSeries series, SliceLabels labels, LabelTable table, List<PatientBox> boxes) throws IOException {
    write(png, series.stack(), series.hounsfield(), labels, table, boxes);
  }

  /** Renders the sheet as a PNG file; the last arguments as in {@link #render}. */
  public static void write(
      Path png,
      SliceStack stack,
      List<short[]> hounsfield,
      SliceLabels labels,
      LabelTable table,
      List<PatientBox> boxes)
      throws IOException {
    try (var out = Files.newOutputStream(png)) {
      ImageIO.write(render(stack, hounsfield, labels, table, boxes), "png", out);
    }
  }

  /**
   * @param hounsfield pixels of each slice of the stack, row by row
   * @param labels labels on the same stack
   * @param boxes patches to outline; may be empty
   */
  public static BufferedImage render(
      SliceStack stack, List<short[]> hounsfield, SliceLabels labels, LabelTable table, List<PatientBox> boxes) {
    RegionStatistics statistics = RegionStatistics.of(labels, hounsfield, 1);
    return new ContactSheet(stack, hounsfield, labels, table, boxes, statistics, List.of()).draw();
  }

  /**
   * The sheet without patches and with notes below the legend.
   *
   * @param statistics of the labels
   * @param notes lines that say where the picture comes from; broken where they are too long
   */
  public static BufferedImage render(
      CtSeries series, SliceLabels labels, LabelTable table, RegionStatistics statistics, List<String> notes) {
    return new ContactSheet(series.stack(), series.hounsfield(), labels, table, List.of(), statistics, notes).draw();
  }

  private BufferedImage draw() {
    Extent body = new Extent();
    Extent organs = new Extent();
    survey(body, organs);
    if (body.isEmpty()) {
      body.addAll(stack);
    }
    body.widen(12);
    Extent shown = organs.isEmpty() ? body : organs;

    double scale = (body.high[0] - body.low[0]) / PANEL;
    int axialHeight = pixels(body, 1, scale);
    int stackHeight = ROWS * axialHeight + (ROWS - 1) * GAP;
    double tall = body.high[2] - body.low[2];
    int half = (stackHeight - GAP) / 2;
    double reformatScale = Math.max(scale * 0.7, tall / half);
    int coronalWidth = pixels(body, 0, reformatScale);
    int sagittalWidth = pixels(body, 1, reformatScale);
    int side = Math.max(coronalWidth, sagittalWidth);
    int width = GAP + COLUMNS * (PANEL + GAP) + side + GAP;
    long present = table.classes().stream().filter(this::isPresent).count();
    int column = legendColumn();
    int legendColumns = Math.max(1, (width - 2 * GAP) / column);
    int legendRows = (int) ((present + legendColumns - 1) / legendColumns);
    List<String> lines = broken(notes, width - 2 * GAP);
    int height = GAP + stackHeight + GAP + (legendRows + lines.size()) * LEGEND_ROW + GAP;

    BufferedImage sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(CtPainter.BACKGROUND);
    g.fillRect(0, 0, width, height);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setFont(FONT);
    int slices = COLUMNS * ROWS;
    for (int n = 0; n < slices; n++) {
      double z = shown.high[2] - (n + 0.5) / slices * (shown.high[2] - shown.low[2]);
      Plane plane = new Plane(
          new Vec3(body.low[0], body.low[1], z), LEFT, BACK, scale, PANEL, axialHeight,
          String.format(Locale.ROOT, "z %.0f mm", z));
      panel(sheet, g, plane, GAP + n % COLUMNS * (PANEL + GAP), GAP + n / COLUMNS * (axialHeight + GAP));
    }
    int x = GAP + COLUMNS * (PANEL + GAP);
    Vec3 centre = shown.centre();
    int reformatHeight = pixels(body, 2, reformatScale);
    panel(sheet, g, new Plane(
        new Vec3(body.low[0], centre.y(), body.high[2]), LEFT, FEET, reformatScale, coronalWidth, reformatHeight,
        String.format(Locale.ROOT, "y %.0f mm", centre.y())), x, GAP);
    panel(sheet, g, new Plane(
        new Vec3(centre.x(), body.low[1], body.high[2]), BACK, FEET, reformatScale, sagittalWidth, reformatHeight,
        String.format(Locale.ROOT, "x %.0f mm", centre.x())), x, GAP + half + GAP);
    int top = GAP + stackHeight + GAP;
    legend(g, top, legendColumns, column);
    for (int n = 0; n < lines.size(); n++) {
      g.drawString(lines.get(n), GAP, top + (legendRows + n) * LEGEND_ROW + 15);
    }
    g.dispose();
    return sheet;
  }

  /** Width of the legend's columns, so that its longest entry has room. */
  private int legendColumn() {
    double widest =
        table.classes().stream().filter(this::isPresent).mapToDouble(c -> width(entry(c))).max().orElse(0);
    return Math.max(LEGEND_COLUMN, LEGEND_TEXT + (int) Math.ceil(widest) + 2 * GAP);
  }

  private String entry(LabelClass c) {
    double millilitres = statistics.region(c.index()).millilitres();
    String amount = String.format(Locale.ROOT, millilitres < 10 ? "%.1f ml" : "%.0f ml", millilitres);
    return c.label() + "  " + amount;
  }

  private static double width(String text) {
    return FONT.getStringBounds(text, new FontRenderContext(null, true, false)).getWidth();
  }

  private boolean isPresent(LabelClass c) {
    return !statistics.region(c.index()).isEmpty();
  }

  /** The texts in lines that are no wider than that many pixels, broken between words. */
  private static List<String> broken(List<String> texts, int width) {
    List<String> lines = new ArrayList<>();
    for (String text : texts) {
      String line = "";
      for (String word : text.split(" ")) {
        String longer = line.isEmpty() ? word : line + " " + word;
        if (!line.isEmpty() && width(longer) > width) {
          lines.add(line);
          longer = word;
        }
        line = longer;
      }
      lines.add(line);
    }
    return lines;
  }

  private static int pixels(Extent extent, int axis, double scale) {
    return Math.max(1, (int) Math.round((extent.high[axis] - extent.low[axis]) / scale));
  }

  /** Finds the patient in the air and the labelled part of the patient. */
  private void survey(Extent body, Extent organs) {
    int step = Math.max(1, Math.min(stack.columns(), stack.rows()) / 100);
    for (int k = 0; k < stack.size(); k++) {
      short[] hu = hounsfield.get(k);
      byte[] label = labels.get(k);
      for (int row = 0; row < stack.rows(); row++) {
        for (int column = 0; column < stack.columns(); column++) {
          int at = row * stack.columns() + column;
          if (label[at] != 0) {
            organs.add(stack.toPatient(column, row, k));
          }
          if (row % step == 0 && column % step == 0 && hu[at] > -300) {
            body.add(stack.toPatient(column, row, k));
          }
        }
      }
    }
  }

  private void panel(BufferedImage sheet, Graphics2D g, Plane plane, int left, int top) {
    int w = plane.width;
    int h = plane.height;
    double[] hu = new double[w * h];
    int[] label = new int[w * h];
    double[] index = new double[3];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        boolean within = locate(plane.at(x, y), index);
        hu[y * w + x] = within ? hounsfield(index) : Double.NEGATIVE_INFINITY;
        label[y * w + x] = within ? label(index) : 0;
      }
    }
    painter.paint(sheet, left, top, w, hu, label);
    Graphics2D inside = (Graphics2D) g.create(left, top, w, h);
    inside.setColor(CtPainter.PATCH);
    inside.setStroke(new BasicStroke(1.3f));
    for (PatientBox box : boxes) {
      List<double[]> section = box.section(plane.origin, plane.right, plane.down);
      if (section.size() > 2) {
        Path2D outline = new Path2D.Double();
        for (double[] p : section) {
          if (outline.getCurrentPoint() == null) {
            outline.moveTo(p[0] / plane.scale, p[1] / plane.scale);
          } else {
            outline.lineTo(p[0] / plane.scale, p[1] / plane.scale);
          }
        }
        outline.closePath();
        inside.draw(outline);
      }
    }
    inside.setColor(CtPainter.TEXT);
    inside.drawString(plane.title, w - 6 - inside.getFontMetrics().stringWidth(plane.title), h - 6);
    inside.drawString(letter(plane.right.times(-1)), 4, h / 2 + 4);
    inside.drawString(letter(plane.right), w - 13, h / 2 + 4);
    inside.drawString(letter(plane.down.times(-1)), w / 2 - 4, 13);
    inside.drawString(letter(plane.down), w / 2 - 4, h - 5);
    inside.dispose();
  }

  private void legend(Graphics2D g, int top, int columns, int width) {
    int n = 0;
    for (LabelClass c : table.classes()) {
      if (!isPresent(c)) {
        continue;
      }
      int x = GAP + n % columns * width;
      int y = top + n / columns * LEGEND_ROW;
      g.setColor(new Color(c.rgb()));
      g.fillRect(x, y + 3, 14, 14);
      g.setColor(CtPainter.TEXT);
      g.drawString(entry(c), x + LEGEND_TEXT, y + 15);
      n++;
    }
  }

  /** The patient direction that an axis-aligned vector points to. */
  private static String letter(Vec3 v) {
    if (v.x() != 0) {
      return v.x() > 0 ? "L" : "R";
    }
    if (v.y() != 0) {
      return v.y() > 0 ? "P" : "A";
    }
    return v.z() > 0 ? "H" : "F";
  }

  /** Fractional (column, row, slice) of a patient point; false where the stack does not reach. */
  private boolean locate(Vec3 p, double[] index) {
    int last = stack.size() - 1;
    double d = stack.normal().dot(p);
    double margin = last > 0 ? (stack.distance(last) - stack.distance(0)) / last / 2 : 1;
    if (d < stack.distance(0) - margin || d > stack.distance(last) + margin) {
      return false;
    }
    int low = 0;
    int high = last;
    while (high - low > 1) {
      int mid = (low + high) >>> 1;
      if (stack.distance(mid) <= d) {
        low = mid;
      } else {
        high = mid;
      }
    }
    double t = high == low ? 0 : (d - stack.distance(low)) / (stack.distance(high) - stack.distance(low));
    t = Math.max(0, Math.min(1, t));
    Vec3 a = stack.slices().get(low).position();
    Vec3 b = stack.slices().get(high).position();
    Vec3 in = p.minus(a.plus(b.minus(a).times(t)));
    index[0] = in.dot(stack.rowDirection()) / stack.columnSpacing();
    index[1] = in.dot(stack.columnDirection()) / stack.rowSpacing();
    index[2] = low + t;
    return index[0] >= -0.5 && index[0] < stack.columns() - 0.5 && index[1] >= -0.5 && index[1] < stack.rows() - 0.5;
  }

  private int label(double[] index) {
    int column = (int) Math.round(index[0]);
    int row = (int) Math.round(index[1]);
    return labels.get((int) Math.round(index[2]))[row * stack.columns() + column] & 0xFF;
  }

  private double hounsfield(double[] index) {
    int k = (int) index[2];
    double t = index[2] - k;
    double low = inSlice(k, index[0], index[1]);
    return t == 0 ? low : low + t * (inSlice(k + 1, index[0], index[1]) - low);
  }

  private double inSlice(int k, double column, double row) {
    double x = Math.max(0, Math.min(stack.columns() - 1, column));
    double y = Math.max(0, Math.min(stack.rows() - 1, row));
    int x0 = (int) x;
    int y0 = (int) y;
    int x1 = Math.min(x0 + 1, stack.columns() - 1);
    int y1 = Math.min(y0 + 1, stack.rows() - 1);
    short[] hu = hounsfield.get(k);
    double upper = hu[y0 * stack.columns() + x0] * (1 - x + x0) + hu[y0 * stack.columns() + x1] * (x - x0);
    double lower = hu[y1 * stack.columns() + x0] * (1 - x + x0) + hu[y1 * stack.columns() + x1] * (x - x0);
    return upper * (1 - y + y0) + lower * (y - y0);
  }

  private record Plane(Vec3 origin, Vec3 right, Vec3 down, double scale, int width, int height, String title) {
    Vec3 at(int x, int y) {
      return origin.plus(right.times((x + 0.5) * scale)).plus(down.times((y + 0.5) * scale));
    }
  }

  /** Axis-aligned bounds in patient coordinates. */
  private static final class Extent {
    final double[] low = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    final double[] high = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};

    boolean isEmpty() {
      return low[0] > high[0];
    }

    void add(Vec3 p) {
      double[] v = {p.x(), p.y(), p.z()};
      for (int a = 0; a < 3; a++) {
        low[a] = Math.min(low[a], v[a]);
        high[a] = Math.max(high[a], v[a]);
      }
    }

    void addAll(SliceStack stack) {
      for (int k = 0; k < stack.size(); k++) {
        for (int corner = 0; corner < 4; corner++) {
          add(stack.toPatient((corner & 1) * (stack.columns() - 1), (corner >> 1) * (stack.rows() - 1), k));
        }
      }
    }

    void widen(double mm) {
      for (int a = 0; a < 3; a++) {
        low[a] -= mm;
        high[a] += mm;
      }
    }

    Vec3 centre() {
      return new Vec3((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2);
    }
  }
}

package nmsw.training.report;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import nmsw.segmentation.nn.Int3;
import nmsw.volume.CtPainter;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;

/**
 * Pictures of one validation case, always of the same two planes, so that they can be compared over the epochs (the paper's
 * Fig. 5): beside each other the axial and the coronal plane with most of the truth, patient's right on the left.
 */
public final class ValidationPictures {
  private static final int WIDTH = 200;
  private static final int HEIGHT = 300;
  private static final int GAP = 6;
  private static final float BEHIND = 0.35f;

  private final Int3 size;
  private final float[] hounsfield;
  private final byte[] truth;
  private final CtPainter painter;
  private final Plane axial;
  private final Plane coronal;

  /**
   * @param size voxels along x, y and z, which run to Right, Anterior and Superior
   * @param spacing mm
   * @param hounsfield z fastest; not copied
   * @param truth labels, z fastest; not copied
   */
  public ValidationPictures(Int3 size, Vec3 spacing, float[] hounsfield, byte[] truth, LabelTable table) {
    this.size = size;
    this.hounsfield = hounsfield;
    this.truth = truth;
    this.painter = new CtPainter(table);
    double[] mm = {size.x() * spacing.x(), size.y() * spacing.y(), size.z() * spacing.z()};
    double scale = Math.max(mm[0] / WIDTH, Math.max(mm[1], mm[2]) / HEIGHT);
    int[] pixels = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      pixels[axis] = Math.max(1, (int) Math.round(mm[axis] / scale));
    }
    int[] most = planesOfMostClasses();
    axial = new Plane(1, 2, most[2], pixels[0], pixels[1]);
    coronal = new Plane(2, 1, most[1], pixels[0], pixels[2]);
  }

  /**
   * @param down axis that runs up the picture
   * @param across axis that the plane is perpendicular to
   * @param index of the plane on that axis
   */
  private record Plane(int down, int across, int index, int width, int height) {}

  /** Per axis the plane that cuts most classes, of these the one that cuts most of their voxels; the middle if there are none. */
  private int[] planesOfMostClasses() {
    long[][][] counts = new long[3][][];
    for (int axis = 0; axis < 3; axis++) {
      counts[axis] = new long[size.get(axis)][256];
    }
    int v = 0;
    for (int x = 0; x < size.x(); x++) {
      for (int y = 0; y < size.y(); y++) {
        for (int z = 0; z < size.z(); z++) {
          int label = truth[v++] & 0xFF;
          counts[0][x][label]++;
          counts[1][y][label]++;
          counts[2][z][label]++;
        }
      }
    }
    int[] best = new int[3];
    for (int axis = 0; axis < 3; axis++) {
      best[axis] = size.get(axis) / 2;
      double most = 0;
      for (int i = 0; i < counts[axis].length; i++) {
        double worth = 0;
        for (int label = 1; label < 256; label++) {
          long count = counts[axis][i][label];
          worth += count == 0 ? 0 : 1 + (double) count / truth.length;
        }
        if (worth > most) {
          most = worth;
          best[axis] = i;
        }
      }
    }
    return best;
  }

  /** The CT alone. */
  public BufferedImage image() {
    return draw(new byte[truth.length], List.of(), size);
  }

  /** The true labels. */
  public BufferedImage truth() {
    return draw(truth, List.of(), size);
  }

  /**
   * Predicted labels and the chosen patches: bright where the plane cuts one, faint where it lies before or behind the plane.
   *
   * @param labels z fastest
   * @param starts first voxels of the patches
   * @param patch their size
   */
  public BufferedImage prediction(byte[] labels, List<Int3> starts, Int3 patch) {
    if (labels.length != truth.length) {
      throw new IllegalArgumentException(labels.length + " labels for a case of " + size);
    }
    return draw(labels, starts, patch);
  }

  private BufferedImage draw(byte[] labels, List<Int3> starts, Int3 patch) {
    int width = axial.width() + GAP + coronal.width();
    int height = Math.max(axial.height(), coronal.height());
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    try {
      g.setColor(CtPainter.BACKGROUND);
      g.fillRect(0, 0, width, height);
      int left = 0;
      for (Plane plane : List.of(axial, coronal)) {
        paint(picture, plane, left, labels);
        Graphics2D inside = (Graphics2D) g.create(left, 0, plane.width(), plane.height());
        outline(inside, plane, starts, patch);
        inside.dispose();
        left += plane.width() + GAP;
      }
    } finally {
      g.dispose();
    }
    return picture;
  }

  private void paint(BufferedImage picture, Plane plane, int left, byte[] labels) {
    double[] values = new double[plane.width() * plane.height()];
    int[] classes = new int[values.length];
    int[] index = new int[3];
    index[plane.across()] = plane.index();
    for (int row = 0, at = 0; row < plane.height(); row++) {
      index[plane.down()] = voxel(plane.height() - 1 - row, plane.height(), size.get(plane.down()));
      for (int column = 0; column < plane.width(); column++, at++) {
        index[0] = voxel(plane.width() - 1 - column, plane.width(), size.x());
        int v = (index[0] * size.y() + index[1]) * size.z() + index[2];
        values[at] = hounsfield[v];
        classes[at] = labels[v] & 0xFF;
      }
    }
    painter.paint(picture, left, 0, plane.width(), values, classes);
  }

  private static int voxel(int pixel, int pixels, int voxels) {
    return (int) ((pixel + 0.5) * voxels / pixels);
  }

  private void outline(Graphics2D g, Plane plane, List<Int3> starts, Int3 patch) {
    g.setColor(CtPainter.PATCH);
    double acrossPixel = (double) plane.width() / size.x();
    double downPixel = (double) plane.height() / size.get(plane.down());
    for (boolean cut : new boolean[] {false, true}) {
      g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, cut ? 1 : BEHIND));
      g.setStroke(new BasicStroke(cut ? 1.6f : 1));
      for (Int3 start : starts) {
        int behind = plane.index() - start.get(plane.across());
        if ((behind >= 0 && behind < patch.get(plane.across())) == cut) {
          int right = start.x() + patch.x();
          int top = start.get(plane.down()) + patch.get(plane.down());
          g.drawRect(
              (int) Math.round((size.x() - right) * acrossPixel),
              (int) Math.round((size.get(plane.down()) - top) * downPixel),
              (int) Math.round(patch.x() * acrossPixel) - 1,
              (int) Math.round(patch.get(plane.down()) * downPixel) - 1);
        }
      }
    }
  }
}

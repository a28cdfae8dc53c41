package nmsw.volume;

import java.awt.Color;
import java.awt.image.BufferedImage;

/** How CT and organs look in every picture: soft-tissue window, centre 40, width 400 HU; organs translucent with an outline. */
public final class CtPainter {
  public static final Color BACKGROUND = new Color(16, 18, 22);
  public static final Color TEXT = new Color(225, 228, 232);

  /** Outlines of patches. */
  public static final Color PATCH = new Color(255, 221, 0);

  private static final double WINDOW_LOW = -160;
  private static final double WINDOW_WIDTH = 400;
  private static final double OPACITY = 0.35;
  private static final double EDGE_OPACITY = 0.9;

  private final int[] colours = new int[256];

  public CtPainter(LabelTable table) {
    for (LabelClass c : table.classes()) {
      colours[c.index()] = c.rgb();
    }
  }

  /**
   * Paints a rectangle of a picture.
   *
   * @param left first column of the rectangle
   * @param top first row of the rectangle
   * @param width of the rectangle
   * @param hounsfield of each pixel, row by row; negative infinity where there is nothing
   * @param labels of the same pixels, 0 to 255
   */
  public void paint(BufferedImage picture, int left, int top, int width, double[] hounsfield, int[] labels) {
    int height = labels.length / width;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        int grey = (int) Math.max(0, Math.min(255, (hounsfield[at] - WINDOW_LOW) * 255 / WINDOW_WIDTH));
        int colour = grey << 16 | grey << 8 | grey;
        int here = labels[at];
        if (here != 0) {
          boolean edge = x == 0 || y == 0 || x == width - 1 || y == height - 1
              || labels[at - 1] != here || labels[at + 1] != here
              || labels[at - width] != here || labels[at + width] != here;
          colour = mix(colour, colours[here], edge ? EDGE_OPACITY : OPACITY);
        }
        picture.setRGB(left + x, top + y, colour);
      }
    }
  }

  private static int mix(int under, int over, double opacity) {
    int out = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      double v = (1 - opacity) * (under >> shift & 0xFF) + opacity * (over >> shift & 0xFF);
      out |= (int) Math.round(v) << shift;
    }
    return out;
  }
}

package nmsw.seg;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Closed polygons on one plane -> pixels. A pixel is set if its centre is inside by the even-odd rule over
 * all polygons; a centre exactly on an edge counts as right of it and below.
 *
 * <p>A polygon all of whose points are pixel centres was not drawn but traced from a mask, through the
 * centres of the outermost pixels, around holes too (OpenCV's findContours, and the tools built on it). Of
 * such a polygon the centres on its edges are set as well, which gives the mask back, single pixels included.
 *
 * <p>Each edge flips all pixels to its right in the rows that it crosses, which costs no memory however many
 * edges there are.
 */
final class ContourRaster {
  /** How far off a centre, in pixels, a point is still on it: coordinates are written with few decimals. */
  private static final double ON_CENTRE = 0.01;

  private final int columns;
  private final int rows;
  private final BitSet pixels;

  private ContourRaster(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
    this.pixels = new BitSet();
  }

  /**
   * The set pixels by row-major index ({@code row * columns + column}).
   *
   * @param polygons column and row of each point in turn, 0 at the centre of the first pixel; finite
   */
  static BitSet fill(List<double[]> polygons, int columns, int rows) {
    ContourRaster raster = new ContourRaster(columns, rows);
    polygons.forEach(polygon -> raster.eachEdge(polygon, raster::flipRightOf));
    raster.flipsToPixels();
    polygons.stream()
        .filter(ContourRaster::isTraced)
        .forEach(polygon -> raster.eachEdge(polygon, raster::setOn));
    return raster.pixels;
  }

  private static boolean isTraced(double[] polygon) {
    return Arrays.stream(polygon).allMatch(value -> Math.abs(value - Math.rint(value)) <= ON_CENTRE);
  }

  private interface Edge {
    void accept(double x0, double y0, double x1, double y1);
  }

  private void eachEdge(double[] polygon, Edge edge) {
    int last = polygon.length - 2;
    for (int i = 0, before = last; i <= last; before = i, i += 2) {
      edge.accept(polygon[before], polygon[before + 1], polygon[i], polygon[i + 1]);
    }
  }

  /** An edge holds its upper end, not its lower one, so that a row through a corner is crossed once. */
  private void flipRightOf(double x0, double y0, double x1, double y1) {
    int first = ceilWithin(Math.min(y0, y1), rows);
    int end = ceilWithin(Math.max(y0, y1), rows);
    for (int row = first; row < end; row++) {
      int column = ceilWithin(x0 + (row - y0) * ((x1 - x0) / (y1 - y0)), columns);
      if (column < columns) {
        pixels.flip(row * columns + column);
      }
    }
  }

  private void flipsToPixels() {
    for (int row = 0; row < rows; row++) {
      int end = (row + 1) * columns;
      int from = pixels.nextSetBit(row * columns);
      while (from >= 0 && from < end) {
        int to = pixels.nextSetBit(from + 1);
        to = to < 0 || to > end ? end : to;
        pixels.set(from, to);
        if (to == end) {
          break;
        }
        pixels.clear(to);
        from = pixels.nextSetBit(to + 1);
      }
    }
  }

  /** Goes along the edge in whole columns, or rows where it is steep. */
  private void setOn(double x0, double y0, double x1, double y1) {
    boolean steep = Math.abs(y1 - y0) > Math.abs(x1 - x0);
    double a0 = steep ? y0 : x0;
    double a1 = steep ? y1 : x1;
    double b0 = steep ? x0 : y0;
    double b1 = steep ? x1 : y1;
    int end = ceilWithin(Math.nextUp(Math.max(a0, a1) + ON_CENTRE), steep ? rows : columns);
    for (int a = ceilWithin(Math.min(a0, a1) - ON_CENTRE, end); a < end; a++) {
      double along = a0 == a1 ? 0 : Math.max(0, Math.min(1, (a - a0) / (a1 - a0)));
      double b = b0 + along * (b1 - b0);
      double nearest = Math.rint(b);
      if (Math.abs(b - nearest) <= ON_CENTRE && nearest >= 0 && nearest < (steep ? columns : rows)) {
        pixels.set(steep ? a * columns + (int) nearest : (int) nearest * columns + a);
      }
    }
  }

  /** The least whole number from the value on, in 0..size. */
  private static int ceilWithin(double value, int size) {
    return (int) Math.max(0, Math.min(size, Math.ceil(value)));
  }
}

package nmsw.training.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Squared Euclidean distances of some voxels of a box to the nearest of others, the sites: exact, in time linear in the
 * voxels at most (P. F. Felzenszwalb and D. P. Huttenlocher, Theory of Computing 8 (2012) 415): along one axis after the other,
 * each line is replaced by the lower envelope of the parabolas that stand on its values.
 *
 * <p>Lines without sites are left out, and the envelopes are evaluated only where a distance is asked for further on, so that
 * two surfaces far smaller than their box take far less time than the box would.
 */
final class DistanceTransform {
  /** Neighbouring columns that are taken at once, so that what is read together lies together. */
  private static final int COLUMNS = 32;

  private final int nx;
  private final int ny;
  private final double[] step;

  /** Places along x at which distances are asked for, ascending. */
  private final int[] xs;

  /** Of each of these the first of its columns, and the end of the last one's. */
  private final int[] firstColumn;

  /** Place along y of each column. */
  private final int[] ys;

  /** Column of each place x + nx y; -1 where nothing is asked for. */
  private final int[] columnAt;

  private DistanceTransform(int[] size, int[] voxels, double[] spacing) {
    nx = size[0];
    ny = size[1];
    step = Arrays.stream(spacing).map(mm -> mm * mm).toArray();
    columnAt = new int[nx * ny];
    Arrays.fill(columnAt, -1);
    boolean[] asked = new boolean[nx];
    for (int voxel : voxels) {
      columnAt[voxel % (nx * ny)] = 0;
      asked[voxel % nx] = true;
    }
    xs = IntStream.range(0, nx).filter(x -> asked[x]).toArray();
    firstColumn = new int[xs.length + 1];
    int[] found = new int[nx * ny];
    int columns = 0;
    for (int i = 0; i < xs.length; i++) {
      firstColumn[i] = columns;
      for (int y = 0; y < ny; y++) {
        if (columnAt[y * nx + xs[i]] == 0) {
          columnAt[y * nx + xs[i]] = columns;
          found[columns++] = y;
        }
      }
    }
    firstColumn[xs.length] = columns;
    ys = Arrays.copyOf(found, columns);
  }

  /**
   * @param size voxels of the box along x, y and z; x is the fastest index
   * @param sites indices of voxels, ascending
   * @param voxels indices of those whose distance is asked for, ascending
   * @param spacing of the voxels along x, y and z, in the unit of the distances
   * @return one per voxel; infinite if there are no sites
   */
  static double[] squares(int[] size, int[] sites, int[] voxels, double[] spacing) {
    double[] squares = new double[voxels.length];
    if (sites.length == 0) {
      Arrays.fill(squares, Double.POSITIVE_INFINITY);
    } else if (voxels.length > 0) {
      new DistanceTransform(size, voxels, spacing).fill(sites, voxels, squares);
    }
    return squares;
  }

  private void fill(int[] sites, int[] voxels, double[] squares) {
    int plane = nx * ny;
    int[] zs = Arrays.stream(sites).map(site -> site / plane).distinct().toArray();
    double[][] inPlane = new double[zs.length][];
    IntStream.range(0, zs.length).parallel().forEach(i -> inPlane[i] = withinPlane(sites, zs[i]));

    // The voxels by column; within one they stay ascending.
    int[] end = new int[ys.length + 1];
    for (int voxel : voxels) {
      end[columnAt[voxel % plane] + 1]++;
    }
    Arrays.parallelPrefix(end, Integer::sum);
    int[] next = Arrays.copyOf(end, ys.length);
    int[] order = new int[voxels.length];
    for (int i = 0; i < voxels.length; i++) {
      order[next[columnAt[voxels[i] % plane]]++] = i;
    }
    int blocks = (ys.length + COLUMNS - 1) / COLUMNS;
    IntStream.range(0, blocks)
        .parallel()
        .forEach(
            block -> {
              int first = block * COLUMNS;
              int count = Math.min(COLUMNS, ys.length - first);
              double[] values = transposed(inPlane, first, count);
              Envelope envelope = new Envelope(step[2], zs.length);
              for (int c = 0; c < count; c++) {
                envelope.clear();
                for (int i = 0; i < zs.length; i++) {
                  envelope.add(zs[i], values[c * zs.length + i]);
                }
                for (int n = end[first + c]; n < end[first + c + 1]; n++) {
                  squares[order[n]] = envelope.at(voxels[order[n]] / plane);
                }
              }
            });
  }

  private static double[] transposed(double[][] inPlane, int first, int count) {
    double[] values = new double[count * inPlane.length];
    for (int i = 0; i < inPlane.length; i++) {
      for (int c = 0; c < count; c++) {
        values[c * inPlane.length + i] = inPlane[i][first + c];
      }
    }
    return values;
  }

  /** Squared distance of each column's voxel in a plane to the nearest site in that plane, which has some. */
  private double[] withinPlane(int[] sites, int z) {
    int from = lowerBound(sites, z * nx * ny);
    int to = lowerBound(sites, (z + 1) * nx * ny);
    int[] rows = new int[Math.min(ny, to - from)];
    double[][] alongRows = new double[rows.length][];
    int count = 0;
    for (int at = from; at < to; count++) {
      int row = sites[at] / nx;
      int end = at;
      while (end < to && sites[end] / nx == row) {
        end++;
      }
      rows[count] = row % ny;
      alongRows[count] = alongRow(sites, at, end);
      at = end;
    }
    double[] squares = new double[ys.length];
    Envelope envelope = new Envelope(step[1], count);
    for (int i = 0; i < xs.length; i++) {
      envelope.clear();
      for (int row = 0; row < count; row++) {
        envelope.add(rows[row], alongRows[row][i]);
      }
      for (int column = firstColumn[i]; column < firstColumn[i + 1]; column++) {
        squares[column] = envelope.at(ys[column]);
      }
    }
    return squares;
  }

  /** Squared distance of each of {@link #xs} to the nearest of a row's sites. */
  private double[] alongRow(int[] sites, int from, int to) {
    double[] squares = new double[xs.length];
    int nearest = from;
    for (int i = 0; i < xs.length; i++) {
      while (nearest + 1 < to
          && Math.abs(sites[nearest + 1] % nx - xs[i]) <= Math.abs(sites[nearest] % nx - xs[i])) {
        nearest++;
      }
      double apart = sites[nearest] % nx - xs[i];
      squares[i] = step[0] * apart * apart;
    }
    return squares;
  }

  /** Index of the first that is not below. */
  private static int lowerBound(int[] ascending, int bound) {
    int found = Arrays.binarySearch(ascending, bound);
    return found < 0 ? -found - 1 : found;
  }

  /** Lower envelope of parabolas of one width, which are added from left to right and then evaluated from left to right. */
  private static final class Envelope {
    private final double step;
    private final int[] places;
    private final double[] values;
    private final double[] borders;
    private int count;
    private int lowest;

    Envelope(double step, int most) {
      this.step = step;
      places = new int[most];
      values = new double[most];
      borders = new double[most];
    }

    void clear() {
      count = 0;
      lowest = 0;
    }

    void add(int place, double value) {
      double border = Double.NEGATIVE_INFINITY;
      while (count > 0) {
        border = intersection(count - 1, place, value);
        if (border > borders[count - 1]) {
          break;
        }
        count--;
      }
      borders[count] = count == 0 ? Double.NEGATIVE_INFINITY : border;
      places[count] = place;
      values[count++] = value;
    }

    /** Where the parabola of a later place begins to be the lower one. */
    private double intersection(int earlier, int place, double value) {
      int before = places[earlier];
      double rise = (value - values[earlier]) / step;
      return (rise + (double) place * place - (double) before * before) / (2.0 * (place - before));
    }

    double at(int place) {
      while (lowest + 1 < count && borders[lowest + 1] < place) {
        lowest++;
      }
      double apart = place - places[lowest];
      return values[lowest] + step * apart * apart;
    }
  }
}

package nmsw.training.metrics;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Squared Euclidean distance of every voxel of a box to the nearest of some sites, exact, in time linear in the voxels (P. F.
 * Felzenszwalb and D. P. Huttenlocher, Theory of Computing 8 (2012) 415): along one axis after the other, each line is
 * replaced by the lower envelope of the parabolas that stand on its values.
 */
final class DistanceTransform {
  /** Neighbouring lines that are taken at once, so that what is read together lies together. */
  private static final int LINES = 16;

  private final int[] size;
  private final double[] squares;

  /**
   * @param size voxels along x, y and z; x is the fastest index
   * @param sites whether a voxel is a site
   * @param spacing of the voxels along x, y and z, in the unit of the distances
   */
  DistanceTransform(int[] size, boolean[] sites, double[] spacing) {
    this.size = size.clone();
    this.squares = new double[sites.length];
    for (int v = 0; v < sites.length; v++) {
      squares[v] = sites[v] ? 0 : Double.POSITIVE_INFINITY;
    }
    int plane = size[0] * size[1];
    IntStream.range(0, size[1] * size[2])
        .parallel()
        .forEach(row -> new Envelope(size[0], spacing[0]).transform(row * size[0], 1, 1));
    IntStream.range(0, size[2])
        .parallel()
        .forEach(z -> alongAxis(new Envelope(size[1], spacing[1]), z * plane, size[0]));
    IntStream.range(0, size[1])
        .parallel()
        .forEach(y -> alongAxis(new Envelope(size[2], spacing[2]), y * size[0], plane));
  }

  /** All lines of stride {@code stride} that begin in the row of x at {@code first}. */
  private void alongAxis(Envelope envelope, int first, int stride) {
    for (int x = 0; x < size[0]; x += LINES) {
      envelope.transform(first + x, stride, Math.min(LINES, size[0] - x));
    }
  }

  /** Squared distance at an index of the box; infinite if there are no sites. */
  double square(int index) {
    return squares[index];
  }

  private final class Envelope {
    private final int length;
    private final double step;
    private final double[] values;
    private final int[] sites;
    private final double[] borders;

    Envelope(int length, double spacing) {
      this.length = length;
      this.step = spacing * spacing;
      this.values = new double[LINES * length];
      this.sites = new int[length];
      this.borders = new double[length + 1];
    }

    /** Lines that begin at {@code first} and the following voxels. */
    void transform(int first, int stride, int lines) {
      for (int i = 0; i < length; i++) {
        for (int line = 0; line < lines; line++) {
          values[line * length + i] = squares[first + i * stride + line];
        }
      }
      for (int line = 0; line < lines; line++) {
        transformLine(line * length);
      }
      for (int i = 0; i < length; i++) {
        for (int line = 0; line < lines; line++) {
          squares[first + i * stride + line] = values[line * length + i];
        }
      }
    }

    /** The line of {@code values} that begins at {@code at}; a line without sites stays infinite. */
    private void transformLine(int at) {
      int count = 0;
      for (int i = 0; i < length; i++) {
        double value = values[at + i];
        if (value == Double.POSITIVE_INFINITY) {
          continue;
        }
        double border = Double.NEGATIVE_INFINITY;
        while (count > 0) {
          border = intersection(at, sites[count - 1], i);
          if (border > borders[count - 1]) {
            break;
          }
          count--;
        }
        borders[count] = count == 0 ? Double.NEGATIVE_INFINITY : border;
        sites[count++] = i;
      }
      if (count == 0) {
        return;
      }
      double[] line = Arrays.copyOfRange(values, at, at + length);
      int nearest = 0;
      for (int i = 0; i < length; i++) {
        while (nearest + 1 < count && borders[nearest + 1] < i) {
          nearest++;
        }
        double apart = i - sites[nearest];
        values[at + i] = line[sites[nearest]] + step * apart * apart;
      }
    }

    /** Where the parabola on a later site begins to be the lower one. */
    private double intersection(int at, int earlier, int later) {
      double rise = (values[at + later] - values[at + earlier]) / step;
      return (rise + (double) later * later - (double) earlier * earlier) / (2.0 * (later - earlier));
    }
  }
}

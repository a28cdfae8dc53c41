package nmsw.volume;

import java.util.Arrays;

/**
 * Resamples single planes of a source onto the in-plane axes of an aligned grid: first along the rows'
 * direction of ascent (whole lines are added up, which vectorises), then within the line. The weights are
 * made once where all planes lie straight above each other, and anew for each plane of a tilted stack.
 */
final class PlaneResampler {
  private final PlaneSource source;
  private final int width;
  private final int height;
  private final double columnStart;
  private final double columnStep;
  private final double rowStart;
  private final double rowStep;
  private final double[] columnSamples;
  private final double[] rowSamples;
  private final boolean straight;
  private final AxisWeights firstColumns;
  private final AxisWeights firstRows;

  PlaneResampler(
      PlaneSource source, int width, int height, double columnStart, double columnStep, double rowStart,
      double rowStep) {
    this.source = source;
    this.width = width;
    this.height = height;
    this.columnStart = columnStart;
    this.columnStep = columnStep;
    this.rowStart = rowStart;
    this.rowStep = rowStep;
    columnSamples = indices(source.columns);
    rowSamples = indices(source.rows);
    boolean noShift = true;
    for (int k = 1; k < source.column0.length; k++) {
      noShift &= Math.abs(source.column0[k] - source.column0[0]) < 1e-4;
      noShift &= Math.abs(source.row0[k] - source.row0[0]) < 1e-4;
    }
    straight = noShift;
    firstColumns = columnWeights(0);
    firstRows = rowWeights(0);
  }

  /**
   * Plane k as Hounsfield units above air, {@code plane[row * width + column]}.
   *
   * @param line work space of one source line
   */
  void resample(int k, float[] plane, float[] line) {
    AxisWeights columns = straight ? firstColumns : columnWeights(k);
    AxisWeights rows = straight ? firstRows : rowWeights(k);
    float[] rowWeight = rows.weights();
    float[] columnWeight = columns.weights();
    short[] pixels = source.pixels[k];
    for (int r = 0; r < height; r++) {
      if (rows.count[r] == 0) {
        Arrays.fill(plane, r * width, (r + 1) * width, 0);
        continue;
      }
      for (int tap = 0; tap < rows.count[r]; tap++) {
        int from = source.pixelOffset[k] + (rows.first[r] + tap) * source.columns;
        float w = rowWeight[rows.offset[r] + tap];
        if (tap == 0) {
          setScaled(line, pixels, from, w);
        } else {
          addScaled(line, pixels, from, w);
        }
      }
      for (int c = 0; c < width; c++) {
        int first = columns.first[c];
        int offset = columns.offset[c];
        float sum = 0;
        for (int tap = 0; tap < columns.count[c]; tap++) {
          sum += columnWeight[offset + tap] * line[first + tap];
        }
        plane[r * width + c] = sum;
      }
    }
  }

  private static void setScaled(float[] line, short[] pixels, int from, float weight) {
    for (int i = 0; i < line.length; i++) {
      line[i] = weight * (pixels[from + i] - Resampler.AIR);
    }
  }

  private static void addScaled(float[] line, short[] pixels, int from, float weight) {
    for (int i = 0; i < line.length; i++) {
      line[i] += weight * (pixels[from + i] - Resampler.AIR);
    }
  }

  private AxisWeights columnWeights(int k) {
    return new AxisWeights(
        columnSamples, -0.5, source.columns - 0.5, columnStart - source.column0[k], columnStep, width,
        AxisWeights.footprint(columnStep, 1));
  }

  private AxisWeights rowWeights(int k) {
    return new AxisWeights(
        rowSamples, -0.5, source.rows - 0.5, rowStart - source.row0[k], rowStep, height,
        AxisWeights.footprint(rowStep, 1));
  }

  private static double[] indices(int count) {
    double[] indices = new double[count];
    for (int i = 0; i < count; i++) {
      indices[i] = i;
    }
    return indices;
  }
}

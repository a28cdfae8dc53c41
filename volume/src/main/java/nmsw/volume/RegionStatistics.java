package nmsw.volume;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How large each labelled region is, and what Hounsfield units it has.
 *
 * <p>A pixel stands for its area times the thickness of its slice's slab, which reaches half way to either
 * neighbour (the outermost slabs reach as far out as in). Mean and standard deviation weigh each pixel with
 * that volume, so that a denser part of an irregular stack does not count more. Per slice only whole numbers
 * are summed, and slices are added in their order: the result does not depend on the number of threads.
 */
public final class RegionStatistics {
  private static final int LABELS = 256;

  private final Region[] regions;

  private RegionStatistics(Region[] regions) {
    this.regions = regions;
  }

  /**
   * One region.
   *
   * @param pixels in all slices
   * @param mean HU; not a number without pixels
   * @param standardDeviation HU, of the region as a whole (divided by its volume, not by one pixel less); not
   *     a number without pixels
   */
  public record Region(long pixels, double millilitres, double mean, double standardDeviation) {
    public boolean isEmpty() {
      return pixels == 0;
    }
  }

  /** Sums of one slice by label: pixels, HU, squared HU. */
  private record Sums(long[] pixels, long[] values, long[] squares) {
    static Sums of(byte[] labels, short[] hounsfield) {
      Sums sums = new Sums(new long[LABELS], new long[LABELS], new long[LABELS]);
      for (int i = 0; i < labels.length; i++) {
        int label = labels[i] & 0xFF;
        int value = hounsfield[i];
        sums.pixels[label]++;
        sums.values[label] += value;
        sums.squares[label] += value * value;
      }
      return sums;
    }
  }

  /**
   * Measures every region, background too.
   *
   * @param hounsfield per slice of the labels' stack, {@code [row * columns + column]}
   * @param soleThickness mm that the slice of a stack of one stands for; other stacks say it themselves
   */
  public static RegionStatistics of(SliceLabels labels, List<short[]> hounsfield, double soleThickness) {
    SliceStack stack = labels.stack();
    if (hounsfield.size() != stack.size()) {
      throw new IllegalArgumentException(hounsfield.size() + " images for " + stack.size() + " label slices");
    }
    if (!(soleThickness > 0)) {
      throw new IllegalArgumentException("a slice is not " + soleThickness + " mm thick");
    }
    Sums[] sums =
        IntStream.range(0, stack.size())
            .parallel()
            .mapToObj(k -> Sums.of(labels.labels().get(k), hounsfield.get(k)))
            .toArray(Sums[]::new);
    double[] thickness =
        IntStream.range(0, stack.size()).mapToDouble(k -> thickness(stack, k, soleThickness)).toArray();
    double pixel = stack.columnSpacing() * stack.rowSpacing();
    Region[] regions = new Region[LABELS];
    for (int label = 0; label < LABELS; label++) {
      regions[label] = region(label, sums, thickness, pixel);
    }
    return new RegionStatistics(regions);
  }

  /**
   * @param label 0 (background) to 255
   */
  public Region region(int label) {
    return regions[label];
  }

  private static double thickness(SliceStack stack, int k, double sole) {
    if (stack.size() == 1) {
      return sole;
    }
    int below = Math.max(0, k - 1);
    int above = Math.min(stack.size() - 1, k + 1);
    return (stack.distance(above) - stack.distance(below)) / (above - below);
  }

  private static Region region(int label, Sums[] sums, double[] thickness, double pixel) {
    long pixels = 0;
    long values = 0;
    for (Sums slice : sums) {
      pixels += slice.pixels[label];
      values += slice.values[label];
    }
    if (pixels == 0) {
      return new Region(0, 0, Double.NaN, Double.NaN);
    }
    // About a whole number near the mean the sums stay exact, and little is cancelled below.
    long centre = Math.round((double) values / pixels);
    double weight = 0;
    double first = 0;
    double second = 0;
    for (int k = 0; k < sums.length; k++) {
      long n = sums[k].pixels[label];
      long shifted = sums[k].values[label] - n * centre;
      weight += thickness[k] * n;
      first += thickness[k] * shifted;
      second += thickness[k] * (sums[k].squares[label] - 2 * centre * sums[k].values[label] + n * centre * centre);
    }
    double offset = first / weight;
    double variance = Math.max(0, second / weight - offset * offset);
    return new Region(pixels, weight * pixel / 1000, centre + offset, Math.sqrt(variance));
  }
}

package nmsw.volume;

/**
 * What a series must fulfil to be segmented.
 *
 * @param minSlices fewest slices
 * @param maxGapFactor a gap of more than this many median distances is a hole, if it is also wider than
 *     {@code maxGapMm}
 * @param maxGapMm see {@code maxGapFactor}
 * @param maxRegularGapFactor the stricter factor for a stack whose distances are otherwise equal: one lost
 *     slice makes a gap of only twice the median, which {@code maxGapFactor} must let pass in stacks of truly
 *     varying distance
 * @param minConsistent share of the objects that must form one stack; the rest is then left out and reported
 * @param maxVoxels most voxels of a series, checked before any is read; two bytes each
 */
public record GeometryRules(
    int minSlices,
    double maxGapFactor,
    double maxGapMm,
    double maxRegularGapFactor,
    double minConsistent,
    long maxVoxels) {
  public GeometryRules {
    if (minSlices < 1
        || !(maxGapFactor > 1)
        || !(maxGapMm >= 0)
        || !(maxRegularGapFactor > 1)
        || !(minConsistent > 0.5 && minConsistent <= 1)
        || maxVoxels < 1) {
      throw new IllegalArgumentException(
          "geometry rules: slices and voxels from 1, gap factors above 1, gap from 0 mm, share in 0.5..1");
    }
  }

  public static GeometryRules defaults() {
    return new GeometryRules(16, 2.5, 5, 1.5, 0.9, 1L << 30);
  }

  public GeometryRules withMinSlices(int slices) {
    return new GeometryRules(
        slices, maxGapFactor, maxGapMm, maxRegularGapFactor, minConsistent, maxVoxels);
  }

  public GeometryRules withMaxVoxels(long voxels) {
    return new GeometryRules(
        minSlices, maxGapFactor, maxGapMm, maxRegularGapFactor, minConsistent, voxels);
  }
}

package nmsw.dicom;

/**
 * What a data set from outside may ask for before it is refused.
 *
 * @param maxTotalBytes bytes read in all
 * @param maxElementBytes bytes of one value or one fragment
 * @param maxDepth sequences inside each other
 * @param maxItems items and fragments in all
 * @param maxElements elements in all, those of items included
 */
public record ParseLimits(
    long maxTotalBytes, int maxElementBytes, int maxDepth, int maxItems, int maxElements) {

  public ParseLimits {
    if (maxTotalBytes < 0 || maxElementBytes < 0 || maxDepth < 0 || maxItems < 0 || maxElements < 0) {
      throw new IllegalArgumentException("a limit below zero");
    }
  }

  /** 4 GiB in all, 2 GB a value, 64 levels, 1 million items, 4 million elements. */
  public static ParseLimits defaults() {
    return new ParseLimits(4L << 30, 2_000_000_000, 64, 1_000_000, 4_000_000);
  }

  public ParseLimits withMaxTotalBytes(long bytes) {
    return new ParseLimits(bytes, maxElementBytes, maxDepth, maxItems, maxElements);
  }

  public ParseLimits withMaxElementBytes(int bytes) {
    return new ParseLimits(maxTotalBytes, bytes, maxDepth, maxItems, maxElements);
  }
}

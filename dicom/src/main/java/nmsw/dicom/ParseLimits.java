package nmsw.dicom;

/**
 * What a data set from outside may ask for before it is refused.
 *
 * @param maxTotalBytes bytes read in all, inflated ones where the data set is deflated
 * @param maxElementBytes bytes of one value or one fragment
 * @param maxDepth sequences inside each other
 * @param maxItems items and fragments in all
 * @param maxElements elements in all, those of items included
 * @param maxInflationRatio how many times its size a deflated data set may inflate to; its first 32 MiB are
 *     free, and native pixel data that are as large as the image it describes
 */
public record ParseLimits(
    long maxTotalBytes, int maxElementBytes, int maxDepth, int maxItems, int maxElements, int maxInflationRatio) {
  /** Label maps deflate to a hundredth; what deflates best, to a thousandth, is nothing but one byte. */
  private static final int INFLATION_RATIO = 250;

  public ParseLimits {
    if (maxTotalBytes < 0 || maxElementBytes < 0 || maxDepth < 0 || maxItems < 0 || maxElements < 0
        || maxInflationRatio < 1) {
      throw new IllegalArgumentException("a limit below zero, or a ratio below one");
    }
  }

  /** With a ratio of 250. */
  public ParseLimits(long maxTotalBytes, int maxElementBytes, int maxDepth, int maxItems, int maxElements) {
    this(maxTotalBytes, maxElementBytes, maxDepth, maxItems, maxElements, INFLATION_RATIO);
  }

  /** 4 GiB in all, 2 GB a value, 64 levels, 1 million items, 4 million elements, 250 times inflated. */
  public static ParseLimits defaults() {
    return new ParseLimits(4L << 30, 2_000_000_000, 64, 1_000_000, 4_000_000);
  }

  public ParseLimits withMaxTotalBytes(long bytes) {
    return new ParseLimits(bytes, maxElementBytes, maxDepth, maxItems, maxElements, maxInflationRatio);
  }

  public ParseLimits withMaxElementBytes(int bytes) {
    return new ParseLimits(maxTotalBytes, bytes, maxDepth, maxItems, maxElements, maxInflationRatio);
  }
}

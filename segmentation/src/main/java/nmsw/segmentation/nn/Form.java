package nmsw.segmentation.nn;

/** How a network is written down for the engine; all forms compute the same function. */
public enum Form {
  /**
   * Contiguous layout and the weights' own precision (also float64): what golden vectors are compared
   * with.
   */
  EXACT(false, false),
  /** Channels-last layout, float32. */
  FAST(true, false),
  /** Channels-last layout, bfloat16 arithmetic, float32 in and out; for inference only. */
  FAST_BF16(true, true),
  /**
   * Contiguous layout, bfloat16 arithmetic, float32 in and out; for training, where the engine's way back through
   * channels-last bfloat16 gives other gradients now and then.
   */
  TRAIN_BF16(false, true);

  private final boolean channelsLast;
  private final boolean bfloat16;

  Form(boolean channelsLast, boolean bfloat16) {
    this.channelsLast = channelsLast;
    this.bfloat16 = bfloat16;
  }

  /** Bytes of a value within the network; {@link #EXACT} counts as float32. */
  public int bytesPerValue() {
    return bfloat16 ? 2 : 4;
  }

  /** Whether channels are the fastest axis in memory. */
  public boolean channelsLast() {
    return channelsLast;
  }

  boolean bfloat16() {
    return bfloat16;
  }
}

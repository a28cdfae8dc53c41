package nmsw.segmentation;

/** How the global network's input is made from rate x rate x rate blocks of voxels (NMSW §2). */
public enum Downsampling {
  /** Mean of the block. */
  BLOCK_MEAN,
  /** What the reference does: linear interpolation at the block's centre, without anti-aliasing. */
  TRILINEAR;

  /** Weights of the voxels of a block along one axis. */
  float[] taps(int rate) {
    float[] taps = new float[rate];
    for (int i = 0; i < rate; i++) {
      boolean central = i == (rate - 1) / 2 || i == rate / 2;
      taps[i] = this == BLOCK_MEAN ? 1f / rate : !central ? 0 : rate % 2 == 0 ? 0.5f : 1;
    }
    return taps;
  }
}

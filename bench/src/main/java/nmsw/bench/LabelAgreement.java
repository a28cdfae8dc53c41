package nmsw.bench;

/** How many voxels two segmentations of the same volumes give the same label. */
final class LabelAgreement {
  private long voxels;
  private long equal;
  private long foreground;
  private long equalForeground;

  /**
   * Adds one volume.
   *
   * @throws IllegalArgumentException if there are not as many labels in both
   */
  void add(byte[] one, byte[] other) {
    if (one.length != other.length) {
      throw new IllegalArgumentException(one.length + " labels beside " + other.length);
    }
    for (int v = 0; v < one.length; v++) {
      boolean same = one[v] == other[v];
      equal += same ? 1 : 0;
      if (one[v] != 0 || other[v] != 0) {
        foreground++;
        equalForeground += same ? 1 : 0;
      }
    }
    voxels += one.length;
  }

  /** Share of all voxels whose labels are equal, 0 to 1; NaN if there are none. */
  double share() {
    return (double) equal / voxels;
  }

  /** As {@link #share()}, of the voxels that at least one of both calls foreground: air is easily agreed on. */
  double foregroundShare() {
    return (double) equalForeground / foreground;
  }
}

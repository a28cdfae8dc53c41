package nmsw.segmentation;

/** How patch logits and up-sampled global logits become one map (NMSW §7); all work in logit space. */
public enum Aggregation {
  /**
   * Where patches cover a voxel: sig(c) times their Gaussian-weighted mean plus (1 - sig(c)) times the
   * global logits, c one learned weight per class. Elsewhere the global logits.
   */
  NORMALISED_CW,
  /** Where patches cover a voxel: their Gaussian-weighted mean alone. Elsewhere the global logits. */
  REPLACE,
  /**
   * The paper's equation 6 to the letter: one patch after the other, in the order of their importance,
   * replaces what is there by sig(c) times Gaussian weight times its logits plus (1 - sig(c)) times what was
   * there, the global logits at first. Kept for comparison: it pulls logits towards zero at patch borders.
   */
  EQ6_SEQUENTIAL,
  /**
   * What the public code's baselines do: sig(c) times the patches' weighted mean, plus global logits that
   * are multiplied by 1 - sig(c) on covered low-resolution voxels before they are up-sampled.
   */
  LEGACY_LOWRES_GATE;

  /** Whether a patch that was announced may be left out: the order or the gate takes it for granted. */
  boolean needsEveryPatch() {
    return this == EQ6_SEQUENTIAL || this == LEGACY_LOWRES_GATE;
  }
}

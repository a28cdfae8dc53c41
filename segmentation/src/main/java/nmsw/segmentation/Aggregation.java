package nmsw.segmentation;

/** How patch logits and up-sampled global logits become one map (NMSW §7); both work in logit space. */
public enum Aggregation {
  /**
   * Where patches cover a voxel: sig(c) times their Gaussian-weighted mean plus (1 - sig(c)) times the
   * global logits, c one learned weight per class. Elsewhere the global logits.
   */
  NORMALISED_CW,
  /** Where patches cover a voxel: their Gaussian-weighted mean alone. Elsewhere the global logits. */
  REPLACE
}

package nmsw.scp.trends;

import java.util.List;
import java.util.OptionalDouble;
import nmsw.segmentation.PatchBox;

/** How evenly importance is spread over the patches: the entropy of the softmax of their objectness. */
public final class ImportanceEntropy {
  private ImportanceEntropy() {}

  /** In bits; 0 where one patch has it all, or there is none. */
  public static double bits(List<PatchBox> candidates) {
    double most = candidates.stream().mapToDouble(PatchBox::importance).max().orElse(0);
    double sum = 0;
    double weighted = 0;
    for (PatchBox candidate : candidates) {
      double shifted = candidate.importance() - most;
      double weight = Math.exp(shifted);
      sum += weight;
      weighted += weight * shifted;
    }
    return sum == 0 ? 0 : (Math.log(sum) - weighted / sum) / Math.log(2);
  }

  /**
   * As a share of what it is at most, log2 N bits of N patches, so that volumes of different size compare: 0 where one patch
   * has it all, 1 where all are alike. Empty with fewer than two patches, or where it is no number.
   */
  public static OptionalDouble normalised(List<PatchBox> candidates) {
    if (candidates.size() < 2) {
      return OptionalDouble.empty();
    }
    double share = bits(candidates) * Math.log(2) / Math.log(candidates.size());
    return Double.isFinite(share) ? OptionalDouble.of(Math.min(1, Math.max(0, share))) : OptionalDouble.empty();
  }
}

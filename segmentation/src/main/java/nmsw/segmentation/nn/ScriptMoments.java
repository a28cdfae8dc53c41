package nmsw.segmentation.nn;

/**
 * TorchScript by which mean and variance of each channel are gathered from pieces of an image, in one reading pass
 * over each. Sums are kept in float64: from them the variance is the mean square less the square of the mean, which
 * in float32 would lose the digits that a large mean takes.
 */
final class ScriptMoments {
  /** {@code add_moments(y, sums)}: adds a piece [1, C, X, Y, Z] to the sums of values and squares, [2, C]. */
  static final String METHODS =
      """
        def add_moments(self: __torch__.Net, y: Tensor, sums: Tensor) -> int:
          unused = torch.zeros([2, torch.size(y, 1)], dtype=FLOAT32, device=y.device)
          m, v = torch.batch_norm_update_stats(y, unused[0], unused[1], 0.)
          n = torch.numel(y) // torch.size(y, 1)
          m = torch.to(m, FLOAT64)
          squares = torch.to(v, FLOAT64) + m * m
          _0 = torch.add_(sums, torch.stack([m, squares]) * float(n))
          return n
      """;

  private ScriptMoments() {}
}

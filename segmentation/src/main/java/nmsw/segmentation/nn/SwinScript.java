package nmsw.segmentation.nn;

import java.util.StringJoiner;

/**
 * The TorchScript methods of the transformer in {@link SwinUnetr}. Images are [B, X, Y, Z, C] here, which is
 * channels-last without a permutation; whatever depends on their size is worked out when they run.
 *
 * <p>{@code p} is a list of prepared weights. The 13 arrays of a block follow each other in the order of {@link
 * SwinBlock#parameters}, its table spread out to one bias per head and pair of voxels of a window.
 */
final class SwinScript {
  /** Scores that are worked on at once without gradients: they should stay in the processor's caches. */
  private static final String SCORES_ON_CPU = "1000000";

  /** The same where a device has to be kept busy. */
  private static final String SCORES_ON_GPU = "64000000";

  /** The table [(2w-1)^3, heads] of relative positions as biases [heads, w^3, w^3]. */
  private static final String SPREAD =
      """
        def spread(self: __torch__.Net, table: Tensor) -> Tensor:
          at = torch.arange(WINDOW, device=table.device)
          i = torch.unsqueeze(at, 1) - at + (WINDOW - 1)
          width = 2 * WINDOW - 1
          x = torch.reshape(i * (width * width), [WINDOW, 1, 1, WINDOW, 1, 1])
          y = torch.reshape(i * width, [1, WINDOW, 1, 1, WINDOW, 1])
          z = torch.reshape(i, [1, 1, WINDOW, 1, 1, WINDOW])
          n = WINDOW * WINDOW * WINDOW
          bias = torch.embedding(table, torch.reshape(x + y + z, [-1]))
          return torch.contiguous(torch.view(torch.t(bias), [-1, n, n]))
      """;

  /**
   * Which voxel stands where in the windows [count, voxels], by its row in the flattened image; the row after
   * the last one stands for padding. The image is shifted by {@code s} first.
   */
  private static final String ROWS =
      """
        def rows(self: __torch__.Net, size: List[int], g: List[int], w: List[int], s: List[int], like: Tensor) -> Tensor:
          b, dx, dy, dz = size
          n = b * dx * dy * dz
          r = torch.view(torch.arange(n, device=like.device), size)
          pad = [0, g[2] * w[2] - dz, 0, g[1] * w[1] - dy, 0, g[0] * w[0] - dx]
          r = torch.roll(torch.constant_pad_nd(r, pad, n), [-s[0], -s[1], -s[2]], [1, 2, 3])
          r = torch.view(r, [b, g[0], w[0], g[1], w[1], g[2], w[2]])
          return torch.reshape(torch.permute(r, [0, 1, 3, 5, 2, 4, 6]), [-1, w[0] * w[1] * w[2]])
      """;

  /**
   * A shift brings the far end of an axis into its last window, and the two parts must not see each other. So
   * there are eight kinds of windows, by the axes along which they are last, and a mask [voxels, voxels] for each.
   */
  private static final String MASKS =
      """
        def kinds(self: __torch__.Net, b: int, g: List[int], like: Tensor) -> Tensor:
          x = torch.eq(torch.arange(g[0], device=like.device), g[0] - 1) * 4
          y = torch.eq(torch.arange(g[1], device=like.device), g[1] - 1) * 2
          z = torch.eq(torch.arange(g[2], device=like.device), g[2] - 1) * 1
          k = torch.reshape(x, [-1, 1, 1]) + torch.reshape(y, [-1, 1]) + z
          return torch.repeat(torch.reshape(k, [-1]), [b])
        def masks(self: __torch__.Net, w: List[int], s: List[int], like: Tensor) -> Tensor:
          n = w[0] * w[1] * w[2]
          x = torch.reshape(torch.ge(torch.arange(w[0], device=like.device), w[0] - s[0]), [-1, 1, 1])
          y = torch.reshape(torch.ge(torch.arange(w[1], device=like.device), w[1] - s[1]), [-1, 1])
          z = torch.ge(torch.arange(w[2], device=like.device), w[2] - s[2])
          parts = torch.reshape(torch.stack(torch.broadcast_tensors([x, y, z])), [3, n])
          apart = torch.ne(torch.unsqueeze(parts, 1), torch.unsqueeze(parts, 2))
          kind = torch.reshape(torch.arange(8, device=like.device), [8, 1, 1])
          x = torch.logical_and(torch.ge(kind, 4), apart[0])
          y = torch.logical_and(torch.ge(torch.remainder(kind, 4), 2), apart[1])
          z = torch.logical_and(torch.ge(torch.remainder(kind, 2), 1), apart[2])
          return torch.type_as(torch.logical_or(torch.logical_or(x, y), z), like) * -100.
      """;

  /**
   * Attention within windows, from [windows, voxels, 3C] to [windows, voxels, C]. {@code attention} keeps no
   * scores: group by group they go through the same two buffers. Values are multiplied with the scores
   * transposed, since a head's few channels make short rows, on which the matrix product is slow.
   */
  private static final String ATTENTION =
      """
        def attention(self: __torch__.Net, qkv: Tensor, bias: Tensor, kind: Tensor, mask: Tensor, shifted: bool) -> Tensor:
          count, n, c3 = torch.size(qkv)
          heads = torch.size(bias, 0)
          d = c3 // 3 // heads
          most = SCORES_ON_CPU
          if qkv.is_cuda:
            most = SCORES_ON_GPU
          group = min(max(most // (heads * n * n), 1), count)
          out = torch.new_empty(qkv, [count, n, heads * d])
          scores = torch.new_empty(bias, [group * heads, n, n])
          shares = torch.empty_like(scores)
          for i in range((count + group - 1) // group):
            start = i * group
            end = min(start + group, count)
            m = end - start
            parts = torch.permute(torch.view(qkv[start:end], [m, n, 3, heads, d]), [2, 0, 3, 1, 4])
            parts = torch.view(torch.contiguous(torch.type_as(parts, bias)), [3, m * heads, n, d])
            a = scores[0:m * heads]
            b = shares[0:m * heads]
            q = parts[0] * float(d) ** -0.5
            _0 = torch.bmm(q, torch.transpose(parts[1], 1, 2), out=a)
            by_window = torch.view(a, [m, heads, n, n])
            _1 = torch.add_(by_window, bias)
            if shifted:
              _2 = torch.add_(by_window, torch.unsqueeze(torch.index_select(mask, 0, kind[start:end]), 1))
            _3 = torch._softmax(a, -1, False, out=b)
            v = torch.bmm(torch.transpose(parts[2], 1, 2), torch.transpose(b, 1, 2))
            _4 = torch.copy_(out[start:end], torch.transpose(torch.view(v, [m, heads * d, n]), 1, 2))
          return out
        def attention_train(self: __torch__.Net, qkv: Tensor, bias: Tensor, kind: Tensor, mask: Tensor, shifted: bool) -> Tensor:
          count, n, c3 = torch.size(qkv)
          heads = torch.size(bias, 0)
          d = c3 // 3 // heads
          parts = torch.permute(torch.view(qkv, [count, n, 3, heads, d]), [2, 0, 3, 1, 4])
          a = torch.matmul(parts[0] * float(d) ** -0.5, torch.transpose(parts[1], 2, 3))
          a = torch.add_(a, bias)
          if shifted:
            a = torch.add_(a, torch.unsqueeze(torch.index_select(mask, 0, kind), 1))
          b = torch.softmax(a, -1)
          v = torch.matmul(torch.transpose(parts[2], 2, 3), torch.transpose(b, 2, 3))
          return torch.transpose(torch.reshape(v, [count, heads * d, n]), 1, 2)
      """;

  private static final String BLOCK =
      """
        def block(self: __torch__.Net, x: Tensor, p: List[Tensor], at: int, shift: int, train: bool) -> Tensor:
          b, dx, dy, dz, c = torch.size(x)
          w = [min(dx, WINDOW), min(dy, WINDOW), min(dz, WINDOW)]
          s = [shift if dx > WINDOW else 0, shift if dy > WINDOW else 0, shift if dz > WINDOW else 0]
          g = [(dx + w[0] - 1) // w[0], (dy + w[1] - 1) // w[1], (dz + w[2] - 1) // w[2]]
          n = w[0] * w[1] * w[2]
          shifted = s[0] + s[1] + s[2] > 0
          bias = torch.contiguous(p[at + 4][:, 0:n, 0:n])
          kind = (self).kinds(b, g, x, )
          mask = bias
          if shifted:
            mask = (self).masks(w, s, bias, )
          rows = (self).rows([b, dx, dy, dz], g, w, s, x, )
          count = b * dx * dy * dz
          places = torch.new_empty(rows, [count + 1])
          _0 = torch.scatter_(places, 0, torch.reshape(rows, [-1]), torch.arange(torch.numel(rows), device=x.device))
          x = torch.view(x, [count, c])
          y = torch.layer_norm(x, [c], p[at], p[at + 1], EPSILON, False)
          y = torch.cat([y, torch.new_zeros(y, [1, c])], 0)
          y = torch.linear(torch.embedding(y, rows), p[at + 2], p[at + 3])
          if train:
            y = (self).attention_train(y, bias, kind, mask, shifted, )
          else:
            y = (self).attention(y, bias, kind, mask, shifted, )
          y = torch.linear(torch.reshape(y, [-1, c]), p[at + 5], p[at + 6])
          x = torch.add(x, torch.embedding(y, places[0:count]))
          y = torch.layer_norm(x, [c], p[at + 7], p[at + 8], EPSILON, False)
          y = torch.linear(y, p[at + 9], p[at + 10])
          if train:
            y = torch.gelu(y)
          else:
            y = torch.gelu_(y)
          y = torch.linear(y, p[at + 11], p[at + 12])
          return torch.view(torch.add_(y, x), [b, dx, dy, dz, c])
      """;

  private static final String MERGE =
      """
        def merge(self: __torch__.Net, x: Tensor, p: List[Tensor], at: int) -> Tensor:
          y = torch.cat([OCTANTS], -1)
          y = torch.layer_norm(y, [torch.size(y, -1)], p[at], p[at + 1], EPSILON, False)
          return torch.linear(y, p[at + 2])
      """;

  private static final String[] CORRECTED = {"000", "001", "010", "011", "100", "101", "110", "111"};
  private static final String[] LEGACY = {"000", "100", "010", "001", "101", "010", "001", "111"};

  private SwinScript() {}

  /** {@code spread}, {@code block}, {@code merge} and what they call. */
  static String methods(int window, SwinUnetr.Merging merging) {
    return (SPREAD + ROWS + MASKS + ATTENTION + BLOCK + MERGE)
        .replace("OCTANTS", octants(merging))
        .replace("WINDOW", Integer.toString(window))
        .replace("EPSILON", ScriptBody.EPSILON)
        .replace("SCORES_ON_CPU", SCORES_ON_CPU)
        .replace("SCORES_ON_GPU", SCORES_ON_GPU);
  }

  private static String octants(SwinUnetr.Merging merging) {
    StringJoiner octants = new StringJoiner(", ");
    for (String at : merging == SwinUnetr.Merging.LEGACY ? LEGACY : CORRECTED) {
      octants.add("x[:, %s::2, %s::2, %s::2]".formatted((Object[]) at.split("")));
    }
    return octants.toString();
  }
}

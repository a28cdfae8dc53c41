package nmsw.segmentation.nn;

/**
 * The TorchScript methods by which a {@link MedNeXt} runs without gradients, channels-last. They compute what
 * {@link MedNeXtBlock#emit} describes with less memory traffic:
 *
 * <ul>
 *   <li>a norm is a scale and a shift of each channel, which the weights and the bias of the 1x1x1 convolution
 *       behind it take over; what remains of it is one reading pass for mean and variance;
 *   <li>expansion, GELU and compression go through the caches, some thousand voxels at a time, and are added to the
 *       block's input (or to the skip connection) where that stands;
 *   <li>a transposed depthwise convolution of stride 2 is eight plain ones on the small image, one for each parity
 *       of the output's coordinates, every tap used once; its output is never put together.
 * </ul>
 *
 * <p>{@code p} is a list of prepared weights; the arrays of a block follow each other from {@code at} in the order of
 * {@link MedNeXtBlock#parameters}.
 */
final class MedNeXtScript {
  /** Voxels whose expanded channels should stay in the processor's caches. */
  private static final String VOXELS_ON_CPU = "4096";

  /** The same where a device has to be kept busy. */
  private static final String VOXELS_ON_GPU = "1000000";

  /** One sample [C, X, Y, Z] as a view [voxels, C]. */
  private static final String ROWS =
      """
        def rows(self: __torch__.Net, x: Tensor) -> Tensor:
          return torch.view(torch.permute(x, [1, 2, 3, 0]), [-1, torch.size(x, 0)])
        def slab(self: __torch__.Net, x: Tensor) -> int:
          most = VOXELS_ON_CPU
          if x.is_cuda:
            most = VOXELS_ON_GPU
          return most
      """;

  /**
   * Weight [C, E] and bias of the expansion with the norm within. {@code pieces} of one sample, [1, C, X, Y, Z],
   * share their statistics, which are float32 whatever the pieces are.
   */
  private static final String EXPANSION =
      """
        def expansion(self: __torch__.Net, pieces: List[Tensor], p: List[Tensor], at: int) -> List[Tensor]:
          w = torch.to(torch.view(p[at + 4], [torch.size(p[at + 4], 0), -1]), FLOAT32)
          sums = torch.zeros([2, torch.size(pieces[0], 1)], dtype=FLOAT64, device=w.device)
          total = 0
          for i in range(torch.len(pieces)):
            total = total + (self).add_moments(pieces[i], sums, )
          sums = sums / float(total)
          mean = torch.to(sums[0], FLOAT32)
          variance = torch.to(sums[1] - sums[0] * sums[0], FLOAT32)
          scale = torch.to(p[at + 2], FLOAT32) * torch.rsqrt(variance + EPSILON)
          shift = torch.to(p[at + 3], FLOAT32) - mean * scale
          b = torch.to(p[at + 5], FLOAT32) + torch.mv(w, shift)
          return [torch.type_as(torch.t(w * scale), pieces[0]), torch.type_as(b, pieces[0])]
      """;

  /** Adds what the bottleneck makes of {@code y} [voxels, C] to {@code out} [voxels, O]. */
  private static final String BOTTLENECK =
      """
        def bottleneck(self: __torch__.Net, y: Tensor, e: List[Tensor], w3: Tensor, b3: Tensor, out: Tensor) -> int:
          n = torch.size(y, 0)
          slab = (self).slab(y, )
          w = torch.t(torch.view(w3, [torch.size(w3, 0), -1]))
          for i in range((n + slab - 1) // slab):
            start = i * slab
            end = min(start + slab, n)
            h = torch.gelu_(torch.addmm(e[1], y[start:end], e[0]))
            _0 = torch.addmm_(torch.add_(out[start:end], b3), h, w)
          return n
      """;

  private static final String SAME =
      """
        def same(self: __torch__.Net, x: Tensor, p: List[Tensor], at: int) -> Tensor:
          c = torch.size(x, 1)
          y = torch.conv3d(x, p[at], p[at + 1], [1, 1, 1], [PAD, PAD, PAD], [1, 1, 1], c)
          for n in range(torch.size(x, 0)):
            e = (self).expansion([y[n:n + 1]], p, at, )
            _0 = (self).bottleneck((self).rows(y[n], ), e, p[at + 6], p[at + 7], (self).rows(x[n], ), )
          return x
      """;

  private static final String DOWN =
      """
        def down(self: __torch__.Net, x: Tensor, p: List[Tensor], at: int) -> Tensor:
          c = torch.size(x, 1)
          y = torch.conv3d(x, p[at], p[at + 1], [2, 2, 2], [PAD, PAD, PAD], [1, 1, 1], c)
          out = torch.conv3d(x, p[at + 8], p[at + 9], [2, 2, 2], [0, 0, 0], [1, 1, 1], 1)
          for n in range(torch.size(x, 0)):
            e = (self).expansion([y[n:n + 1]], p, at, )
            _0 = (self).bottleneck((self).rows(y[n], ), e, p[at + 6], p[at + 7], (self).rows(out[n], ), )
          return out
      """;

  /**
   * With kernel 2q + 1, output 2j + r is the sum over i of input i times tap 2(j - i) + r + q: taps of one parity, in
   * falling order. Phases are none where the input is one voxel and r is 1. The result is added to {@code skip}, whose
   * first planes stay as they are.
   */
  private static final String UP =
      """
        def phase(self: __torch__.Net, x: Tensor, w: Tensor, b: Tensor, r: List[int]) -> Tensor:
          taps = w[:, :, (r[0] + PAD) % 2::2, (r[1] + PAD) % 2::2, (r[2] + PAD) % 2::2]
          pad = [(PAD - r[0]) // 2, (PAD - r[1]) // 2, (PAD - r[2]) // 2]
          return torch.conv3d(x, torch.flip(taps, [2, 3, 4]), b, [1, 1, 1], pad, [1, 1, 1], torch.size(x, 1))
        def up(self: __torch__.Net, x: Tensor, skip: Tensor, p: List[Tensor], at: int) -> Tensor:
          count, c, dx, dy, dz = torch.size(x)
          w3 = torch.t(torch.view(p[at + 6], [torch.size(p[at + 6], 0), -1]))
          wr = torch.view(p[at + 8], [c, -1])
          b3 = p[at + 7] + p[at + 9]
          slab = (self).slab(x, )
          for n in range(count):
            sample = x[n:n + 1]
            phases = annotate(List[Tensor], [])
            targets = annotate(List[Tensor], [])
            for i in range(8):
              r = [i // 4, i // 2 % 2, i % 2]
              if (dx - r[0]) * (dy - r[1]) * (dz - r[2]) > 0:
                _0 = torch.append(phases, (self).phase(sample, p[at], p[at + 1], r, ))
                to = skip[n][:, 1 + r[0]::2, 1 + r[1]::2, 1 + r[2]::2]
                _1 = torch.append(targets, torch.permute(to, [1, 2, 3, 0]))
            e = (self).expansion(phases, p, at, )
            image = torch.permute(sample[0], [1, 2, 3, 0])
            for i in range(torch.len(phases)):
              y = torch.permute(phases[i][0], [1, 2, 3, 0])
              to = targets[i]
              planes, my, mz, _2 = torch.size(y)
              thick = max(slab // (my * mz), 1)
              for k in range((planes + thick - 1) // thick):
                start = k * thick
                end = min(start + thick, planes)
                h = torch.gelu_(torch.addmm(e[1], torch.view(y[start:end], [-1, c]), e[0]))
                o = torch.addmm(b3, h, w3)
                if i == 0:
                  o = torch.addmm_(o, torch.view(image[start:end], [-1, c]), wr)
                _3 = torch.add_(to[start:end], torch.view(o, [end - start, my, mz, -1]))
          return skip
      """;

  private MedNeXtScript() {}

  /** {@code same}, {@code down} and {@code up}, and what they call; the first and the last change their arguments. */
  static String methods(int kernel) {
    return (ROWS + ScriptMoments.METHODS + EXPANSION + BOTTLENECK + SAME + DOWN + UP)
        .replace("VOXELS_ON_CPU", VOXELS_ON_CPU)
        .replace("VOXELS_ON_GPU", VOXELS_ON_GPU)
        .replace("FLOAT32", ScriptBody.FLOAT32)
        .replace("FLOAT64", ScriptBody.FLOAT64)
        .replace("EPSILON", ScriptBody.EPSILON)
        .replace("PAD", Integer.toString(kernel / 2));
  }
}

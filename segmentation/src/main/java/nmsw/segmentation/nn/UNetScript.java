package nmsw.segmentation.nn;

/**
 * The TorchScript methods by which the last block of a {@link UNet} runs without gradients, channels-last. It is the
 * only one at full resolution and has a channel per class, so that with many classes its maps are larger than
 * everything before them. Where one of them exceeds a bound, none is ever whole: slabs of the
 * transposed convolution are computed once for the norm's statistics and again for the logits, which costs 216
 * multiply-accumulates per voxel and class beside the block's 216 + 27 per class.
 *
 * <p>{@code map} is the input of the block and {@code norm} [2, N, C, 1, 1, 1] the norm's scale and shift; or {@code
 * map} is what norm and PReLU gave and {@code norm} is empty.
 */
final class UNetScript {
  /** An even number of planes of constant x. */
  private static final String STRIDE =
      """
        def stride(self: __torch__.Net, joined: Tensor) -> int:
          n, c, x, y, z = torch.size(joined)
          plane = n * CLASSES * 4 * y * z * VALUE_BYTES
          return min(2 * x, max(2, SLAB_BYTES // plane // 2 * 2))
      """;

  /** Planes {@code a} to {@code b}, even, of the transposed convolution. */
  private static final String DOUBLED =
      """
        def doubled(self: __torch__.Net, joined: Tensor, p: List[Tensor], a: int, b: int) -> Tensor:
          end = min(b // 2 + 1, torch.size(joined, 2))
          t = torch.conv_transpose3d(joined[:, :, a // 2:end], p[WT], p[WT + 1], [2, 2, 2], [1, 1, 1], [1, 1, 1], 1, [1, 1, 1])
          return t[:, :, 0:b - a]
      """;

  private static final String TOP =
      """
        def top(self: __torch__.Net, feature: Tensor, joined: Tensor, p: List[Tensor]) -> List[Tensor]:
          planes = 2 * torch.size(joined, 2)
          stride = (self).stride(joined, )
          if stride == planes:
            t = (self).doubled(joined, p, 0, planes, )
            t = torch.group_norm(t, CLASSES, None, None, EPSILON, False)
            result = [feature, torch.prelu(t, p[WT + 2]), torch.zeros([0], dtype=FLOAT32, device=joined.device)]
          else:
            sums = torch.zeros([torch.size(joined, 0), 2, CLASSES], dtype=FLOAT64, device=joined.device)
            for i in range((planes + stride - 1) // stride):
              a = i * stride
              t = (self).doubled(joined, p, a, min(a + stride, planes), )
              for n in range(torch.size(t, 0)):
                _0 = (self).add_moments(t[n:n + 1], sums[n], )
            sums = sums / float(planes * 4 * torch.size(joined, 3) * torch.size(joined, 4))
            mean = sums[:, 0]
            scale = torch.rsqrt(sums[:, 1] - mean * mean + EPSILON)
            norm = torch.to(torch.stack([scale, -mean * scale]), FLOAT32)
            result = [feature, joined, torch.reshape(norm, [2, -1, CLASSES, 1, 1, 1])]
          return result
      """;

  /** Planes {@code a} to {@code b} of the logits, in the form's precision. */
  private static final String LOGITS =
      """
        def logits(self: __torch__.Net, map: Tensor, norm: Tensor, p: List[Tensor], a: int, b: int) -> Tensor:
          if torch.numel(norm) == 0:
            planes = torch.size(map, 2)
            first = max(a - 1, 0)
            t = map[:, :, first:min(b + 1, planes)]
          else:
            planes = 2 * torch.size(map, 2)
            first = max(a - 2, 0)
            t = (self).doubled(map, p, first, min(b + 2, planes), )
            u = torch.addcmul(norm[1], torch.to(t, FLOAT32), norm[0])
            t = torch.prelu(torch.type_as(u, t), p[WT + 2])
            skipped = max(a - 1, 0) - first
            t = t[:, :, skipped:skipped + min(b + 1, planes) - max(a - 1, 0)]
            first = first + skipped
          own = t[:, :, a - first:b - first]
          along = 1
          if b - a < planes:
            along = 0
            t = torch.constant_pad_nd(t, [0, 0, 0, 0, 1 if a == 0 else 0, 1 if b == planes else 0], 0)
          y = torch.conv3d(t, p[WT + 3], p[WT + 4], [1, 1, 1], [along, 1, 1], [1, 1, 1], 1)
          return torch.add_(y, own)
        def planes(self: __torch__.Net, bounds: Tensor, map: Tensor, norm: Tensor, p: List[Tensor]) -> List[Tensor]:
          y = (self).logits(map, norm, p, int(bounds[0]), int(bounds[1]), )
          return [torch.to(y, FLOAT32)]
      """;

  private static final String FORWARD =
      """
        def forward(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> List[Tensor]:
          feature, map, norm = (self).begin(x, p, )
          return [torch.to((self).logits(map, norm, p, 0, torch.size(x, 2), ), FLOAT32), feature]
      """;

  private UNetScript() {}

  /**
   * {@code forward}, {@code planes} and what they and {@code begin} call.
   *
   * @param at place of the block's first parameter, {@code wt}
   * @param slabBytes bound of what is held of one map
   */
  static String methods(int at, int classes, Form form, long slabBytes) {
    return (ScriptMoments.METHODS + STRIDE + DOUBLED + TOP + LOGITS + FORWARD)
        .replace("SLAB_BYTES", Long.toString(slabBytes))
        .replace("VALUE_BYTES", Integer.toString(form.bytesPerValue()))
        .replace("CLASSES", Integer.toString(classes))
        .replace("FLOAT32", ScriptBody.FLOAT32)
        .replace("FLOAT64", ScriptBody.FLOAT64)
        .replace("EPSILON", ScriptBody.EPSILON)
        .replace("WT", Integer.toString(at));
  }
}

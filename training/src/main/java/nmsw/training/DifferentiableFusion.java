package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.ScriptModule;

/**
 * NMSW eq. 6 in one normalised pass (NMSW §7) with gradients to low-resolution logits, patch logits and class weights:
 * where patches lie, {@code sig(c) (sum w l / sum w) + (1 - sig(c)) U}, elsewhere U, the up-sampled low logits.
 */
final class DifferentiableFusion implements AutoCloseable {
  private static final String SCRIPT =
      """
        def forward(self: __torch__.Net, low: Tensor, l: Tensor, w: Tensor, cover: Tensor, c: Tensor, at: Tensor) -> Tensor:
          u = torch.upsample_trilinear3d(low, [torch.size(cover, 0), torch.size(cover, 1), torch.size(cover, 2)], False, None, None, None)
          s = torch.reshape(torch.sigmoid(c), [-1, 1, 1, 1])
          out = torch.mul(u, torch.unsqueeze(torch.rsub(torch.mul(s, cover), 1), 0))
          m = torch.mul(torch.mul(l, torch.unsqueeze(w, 1)), s)
          for k in range(torch.size(l, 0)):
            x = int(at[k][0])
            y = int(at[k][1])
            z = int(at[k][2])
            a = torch.slice(torch.select(out, 0, 0), 1, x, torch.add(x, torch.size(l, 2)))
            b = torch.slice(a, 2, y, torch.add(y, torch.size(l, 3)))
            d = torch.slice(b, 3, z, torch.add(z, torch.size(l, 4)))
            _0 = torch.add_(d, torch.select(m, 0, k))
          return out
      """;

  private final ScriptModule module;
  private final double[] weight;
  private final Int3 patch;

  /**
   * @param weight importance of each voxel of a patch, positive, z fastest
   */
  DifferentiableFusion(NDManager manager, double[] weight, Int3 patch) {
    if (weight.length != patch.product()) {
      throw new IllegalArgumentException(weight.length + " weights for a patch of " + patch);
    }
    this.module = ScriptModule.compile(manager, SCRIPT);
    this.weight = weight;
    this.patch = patch;
  }

  /**
   * @param low (1, classes, x, y, z), attached to the step's manager
   * @param patches (K, classes, patch)
   * @param classWeight (classes), before the sigmoid
   * @param starts first voxel of each patch, inside the volume
   * @param volume size of the result
   * @return (1, classes, volume)
   */
  NDArray fuse(
      NDArray low, NDArray patches, NDArray classWeight, List<Int3> starts, Int3 volume) {
    NDManager manager = low.getManager();
    DataType type = low.getDataType();
    double[] sums = new double[(int) volume.product()];
    for (Int3 start : starts) {
      visitRows(start, volume, (in, at, length) -> {
        for (int z = 0; z < length; z++) {
          sums[at + z] += weight[in + z];
        }
      });
    }
    double[] shares = new double[starts.size() * weight.length];
    long[] corners = new long[starts.size() * 3];
    for (int k = 0; k < starts.size(); k++) {
      int offset = k * weight.length;
      visitRows(starts.get(k), volume, (in, at, length) -> {
        for (int z = 0; z < length; z++) {
          shares[offset + in + z] = weight[in + z] / sums[at + z];
        }
      });
      for (int axis = 0; axis < 3; axis++) {
        corners[3 * k + axis] = starts.get(k).get(axis);
      }
    }
    float[] cover = new float[sums.length];
    for (int v = 0; v < cover.length; v++) {
      cover[v] = sums[v] > 0 ? 1 : 0;
    }
    Shape patchesShape = new Shape(starts.size(), patch.x(), patch.y(), patch.z());
    return module
        .call(
            "forward",
            List.of(
                low,
                patches,
                manager.create(shares, patchesShape).toType(type, false),
                manager
                    .create(cover, new Shape(volume.x(), volume.y(), volume.z()))
                    .toType(type, false),
                classWeight,
                manager.create(corners, new Shape(starts.size(), 3))),
            List.of(),
            true)
        .singletonOrThrow();
  }

  private interface Row {
    void visit(int inPatch, int inVolume, int length);
  }

  private void visitRows(Int3 start, Int3 volume, Row row) {
    for (int x = 0; x < patch.x(); x++) {
      for (int y = 0; y < patch.y(); y++) {
        int at = ((start.x() + x) * volume.y() + start.y() + y) * volume.z() + start.z();
        row.visit((x * patch.y() + y) * patch.z(), at, patch.z());
      }
    }
  }

  @Override
  public void close() {
    module.close();
  }
}

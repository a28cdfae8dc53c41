package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.ScriptModule;

/**
 * NMSW eq. 6 in one normalised pass (NMSW §7) with gradients to low-resolution logits, patch logits and class weights:
 * where patches lie, {@code sig(c) (sum w l / sum w) + (1 - sig(c)) U}, elsewhere U, the up-sampled low logits. Works on a
 * {@link Slab} of the volume, so that the whole need never be held.
 */
final class DifferentiableFusion implements AutoCloseable {
  /** What is there before patches are added; then patches, each into the part of the slab that it reaches. */
  private static final String SCRIPT =
      """
        def forward(self: __torch__.Net, cover: Tensor, low: Tensor, c: Tensor, b: Tensor) -> Tensor:
          n = torch.size(cover, 0)
          v = torch.slice(low, 2, int(b[0]), int(b[1]))
          u = torch.upsample_trilinear3d(v, [int(b[2]), torch.size(cover, 1), torch.size(cover, 2)], False, None, None, None)
          t = torch.slice(u, 2, int(b[3]), torch.add(int(b[3]), n))
          s = torch.reshape(torch.sigmoid(c), [-1, 1, 1, 1])
          return torch.mul(t, torch.unsqueeze(torch.rsub(torch.mul(s, cover), 1), 0))
        def add(self: __torch__.Net, out: Tensor, l: Tensor, w: Tensor, c: Tensor, at: Tensor) -> Tensor:
          s = torch.reshape(torch.sigmoid(c), [-1, 1, 1, 1])
          for i in range(torch.size(at, 0)):
            k = int(at[i][0])
            x = int(at[i][1])
            y = int(at[i][2])
            z = int(at[i][3])
            f = int(at[i][4])
            g = int(at[i][5])
            p = torch.slice(torch.select(l, 0, k), 1, f, g)
            q = torch.slice(torch.select(w, 0, k), 0, f, g)
            m = torch.mul(torch.mul(p, q), s)
            a = torch.slice(torch.select(out, 0, 0), 1, x, torch.add(x, torch.sub(g, f)))
            d = torch.slice(a, 2, y, torch.add(y, torch.size(l, 3)))
            e = torch.slice(d, 3, z, torch.add(z, torch.size(l, 4)))
            _0 = torch.add_(e, m)
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

  /** Some planes of a volume, and where patches lie in them. */
  final class Slab {
    private final NDManager manager;
    private final List<Int3> starts;
    private final Int3 volume;
    private final int from;
    private final int to;
    private final double[] sums;

    private Slab(NDManager manager, List<Int3> starts, Int3 volume, int from, int to) {
      this.manager = manager;
      this.starts = starts;
      this.volume = volume;
      this.from = from;
      this.to = to;
      this.sums = new double[(to - from) * volume.y() * volume.z()];
      for (Int3 start : starts) {
        visitRows(start, (in, at) -> {
          for (int z = 0; z < patch.z(); z++) {
            sums[at + z] += weight[in + z];
          }
        });
      }
    }

    private NDArray cover(DataType type) {
      float[] cover = new float[sums.length];
      for (int v = 0; v < cover.length; v++) {
        cover[v] = sums[v] > 0 ? 1 : 0;
      }
      return manager
          .create(cover, new Shape(to - from, volume.y(), volume.z()))
          .toType(type, false);
    }

    /** Per voxel of some patches the share that it has in the mean; 0 outside of the slab. */
    private NDArray shares(DataType type, List<Int3> some) {
      double[] shares = new double[some.size() * weight.length];
      for (int k = 0; k < some.size(); k++) {
        int offset = k * weight.length;
        visitRows(some.get(k), (in, at) -> {
          for (int z = 0; z < patch.z(); z++) {
            shares[offset + in + z] = weight[in + z] / sums[at + z];
          }
        });
      }
      return manager
          .create(shares, new Shape(some.size(), patch.x(), patch.y(), patch.z()))
          .toType(type, false);
    }

    private int firstPlane(Int3 start) {
      return Math.max(0, from - start.x());
    }

    private int endPlane(Int3 start) {
      return Math.min(patch.x(), to - start.x());
    }

    private void visitRows(Int3 start, Row row) {
      for (int x = firstPlane(start); x < endPlane(start); x++) {
        for (int y = 0; y < patch.y(); y++) {
          int at =
              ((start.x() + x - from) * volume.y() + start.y() + y) * volume.z() + start.z();
          row.visit((x * patch.y() + y) * patch.z(), at);
        }
      }
    }

    /** Per patch that reaches the slab its number and place: patch, x, y, z in the slab, its own planes. */
    private long[] places(List<Int3> some) {
      List<long[]> places = new ArrayList<>();
      for (int k = 0; k < some.size(); k++) {
        Int3 start = some.get(k);
        int first = firstPlane(start);
        int end = endPlane(start);
        if (first < end) {
          places.add(new long[] {k, start.x() + first - from, start.y(), start.z(), first, end});
        }
      }
      return places.stream().flatMapToLong(Arrays::stream).toArray();
    }
  }

  private interface Row {
    void visit(int inPatch, int inSlab);
  }

  /**
   * @param manager to which all that is made of the slab is attached
   * @param starts first voxel of each patch, inside the volume
   * @param from first plane, along x
   * @param to plane after the last
   */
  Slab slab(NDManager manager, List<Int3> starts, Int3 volume, int from, int to) {
    return new Slab(manager, List.copyOf(starts), volume, from, to);
  }

  /**
   * @param low (1, classes, x, y, z); the volume's size is a multiple of its size
   * @param patches (K, classes, patch), the slab's first
   * @param classWeight (classes), before the sigmoid
   * @return (1, classes, planes, y, z)
   */
  NDArray fuse(NDArray low, NDArray patches, NDArray classWeight, Slab slab) {
    return add(base(low, classWeight, slab), patches, classWeight, slab, slab.starts);
  }

  /** The slab without its patches: U where none will be added, (1 - sig(c)) U where one will. */
  NDArray base(NDArray low, NDArray classWeight, Slab slab) {
    int planes = (int) low.getShape().get(2);
    int rate = slab.volume.x() / planes;
    // One plane more on both sides, so that the slab's borders are interpolated as within the whole.
    int first = Math.max(0, slab.from / rate - 1);
    int end = Math.min(planes, (slab.to + rate - 1) / rate + 1);
    long[] box = {first, end, (long) (end - first) * rate, slab.from - (long) first * rate};
    return module
        .call(
            "forward",
            List.of(
                slab.cover(low.getDataType()), low, classWeight, slab.manager.create(box)),
            List.of(),
            true)
        .singletonOrThrow();
  }

  /**
   * Adds patches to what {@link #base} gave.
   *
   * @param out is changed
   * @param patches (K, classes, patch)
   * @param some their starts, which are among the slab's
   */
  NDArray add(NDArray out, NDArray patches, NDArray classWeight, Slab slab, List<Int3> some) {
    long[] places = slab.places(some);
    if (places.length == 0) {
      return out;
    }
    return module
        .call(
            "add",
            List.of(
                out,
                patches,
                slab.shares(out.getDataType(), some),
                classWeight,
                slab.manager.create(places, new Shape(places.length / 6, 6))),
            List.of(),
            true)
        .singletonOrThrow();
  }

  @Override
  public void close() {
    module.close();
  }
}

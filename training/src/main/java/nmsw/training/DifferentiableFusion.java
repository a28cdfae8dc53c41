package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.ScriptModule;

/**
 * NMSW eq. 6 in one normalised pass (NMSW §7) with gradients to low-resolution logits, patch logits and class weights:
 * where patches lie, {@code sig(c) (sum w l / sum w) + (1 - sig(c)) U}, elsewhere U, the up-sampled low logits. Works on a
 * {@link Slab} of the volume, so that the whole need never be held.
 */
final class DifferentiableFusion implements AutoCloseable {
  /**
   * What is there before patches are added: U, bilinear within planes, then a matrix along x, so that a slab takes no more
   * planes than it lies between; the last operation must not be a view, which the engine would let nothing be added to. Then
   * a patch, into the part of the slab that it reaches.
   */
  private static final String SCRIPT =
      """
        def forward(self: __torch__.Net, cover: Tensor, low: Tensor, c: Tensor, a: Tensor, first: Tensor) -> Tensor:
          f = int(first)
          v = torch.slice(torch.select(low, 0, 0), 1, f, torch.add(f, torch.size(a, 1)))
          u = torch.upsample_bilinear2d(v, [torch.size(cover, 1), torch.size(cover, 2)], False, None, None)
          m = torch.matmul(a, torch.flatten(u, 2, -1))
          t = torch.reshape(m, [torch.size(low, 1), torch.size(cover, 0), torch.size(cover, 1), torch.size(cover, 2)])
          s = torch.reshape(torch.sigmoid(c), [-1, 1, 1, 1])
          return torch.mul(torch.unsqueeze(t, 0), torch.unsqueeze(torch.rsub(torch.mul(s, cover), 1), 0))
        def add(self: __torch__.Net, out: Tensor, l: Tensor, w: Tensor, c: Tensor, at: Tensor) -> Tensor:
          s = torch.reshape(torch.sigmoid(c), [-1, 1, 1, 1])
          x = int(at[1])
          y = int(at[2])
          z = int(at[3])
          f = int(at[4])
          n = torch.size(w, 0)
          p = torch.slice(torch.select(l, 0, int(at[0])), 1, f, torch.add(f, n))
          m = torch.mul(torch.mul(p, w), s)
          a = torch.slice(torch.select(out, 0, 0), 1, x, torch.add(x, n))
          d = torch.slice(a, 2, y, torch.add(y, torch.size(l, 3)))
          e = torch.slice(d, 3, z, torch.add(z, torch.size(l, 4)))
          _0 = torch.add_(e, m)
          return out
      """;

  /** Interpolated at once: the matrix along x is as wide as these are many, and mostly zero. */
  private static final int PLANES = 32;

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

    /** 1 where a patch lies, of some of the slab's planes. */
    private NDArray cover(DataType type, int first, int end) {
      int plane = volume.y() * volume.z();
      float[] cover = new float[(end - first) * plane];
      for (int v = 0; v < cover.length; v++) {
        cover[v] = sums[(first - from) * plane + v] > 0 ? 1 : 0;
      }
      return manager
          .create(cover, new Shape(end - first, volume.y(), volume.z()))
          .toType(type, false);
    }

    /** Per voxel of a patch within the slab the share that it has in the mean, [planes, y, z]. */
    private NDArray shares(DataType type, Int3 start) {
      int plane = patch.y() * patch.z();
      int first = firstPlane(start);
      double[] shares = new double[(endPlane(start) - first) * plane];
      visitRows(start, (in, at) -> {
        for (int z = 0; z < patch.z(); z++) {
          shares[in - first * plane + z] = weight[in + z] / sums[at + z];
        }
      });
      return manager
          .create(shares, new Shape(endPlane(start) - first, patch.y(), patch.z()))
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
    List<NDArray> parts = new ArrayList<>();
    for (int x = slab.from; x < slab.to; x += PLANES) {
      parts.add(base(low, classWeight, slab, x, Math.min(slab.to, x + PLANES)));
    }
    return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), 2);
  }

  private NDArray base(NDArray low, NDArray classWeight, Slab slab, int from, int to) {
    int planes = (int) low.getShape().get(2);
    double rate = (double) slab.volume.x() / planes;
    int first = below(from, rate, planes);
    int needed = Math.min(planes, below(to - 1, rate, planes) + 2) - first;
    double[] weights = new double[(to - from) * needed];
    for (int x = from; x < to; x++) {
      int plane = below(x, rate, planes);
      double above = Math.min(planes - 1, Math.max(0, (x + 0.5) / rate - 0.5)) - plane;
      int at = (x - from) * needed + plane - first;
      weights[at] = 1 - above;
      if (above > 0) {
        weights[at + 1] = above;
      }
    }
    DataType type = low.getDataType();
    NDArray along = slab.manager.create(weights, new Shape(to - from, needed)).toType(type, false);
    return module
        .call(
            "forward",
            List.of(
                slab.cover(type, from, to), low, classWeight, along, slab.manager.create((long) first)),
            List.of(),
            true)
        .singletonOrThrow();
  }

  /** The low-resolution plane at or below plane x, half-pixel centres. */
  private static int below(int x, double rate, int planes) {
    return (int) Math.min(planes - 1, Math.max(0, (x + 0.5) / rate - 0.5));
  }

  /**
   * Adds patches to what {@link #base} gave.
   *
   * @param out is changed
   * @param patches (K, classes, patch)
   * @param some their starts, which are among the slab's
   */
  NDArray add(NDArray out, NDArray patches, NDArray classWeight, Slab slab, List<Int3> some) {
    NDArray sum = out;
    for (int k = 0; k < some.size(); k++) {
      Int3 start = some.get(k);
      int first = slab.firstPlane(start);
      if (first < slab.endPlane(start)) {
        long[] at = {k, start.x() + first - slab.from, start.y(), start.z(), first};
        NDArray shares = slab.shares(out.getDataType(), start);
        sum =
            module
                .call(
                    "add",
                    List.of(sum, patches, shares, classWeight, slab.manager.create(at)),
                    List.of(),
                    true)
                .singletonOrThrow();
      }
    }
    return sum;
  }

  @Override
  public void close() {
    module.close();
  }
}

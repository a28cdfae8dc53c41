package nmsw.segmentation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import nmsw.segmentation.nn.Int3;

/**
 * A box of voxels that are all covered by the same patches.
 *
 * @param from first voxel
 * @param to one past the last voxel, per axis
 * @param patches indices of the patches that cover it, ascending
 */
record CoverageBlock(Int3 from, Int3 to, List<Integer> patches) {

  /**
   * Cuts the box from {@code from} to {@code to} into blocks at the faces of all patches, and of the slabs in which they
   * come, no more often than needed along z and, where no patch covers them, along x.
   *
   * @param stride planes of constant x of a slab; a patch's last one may be thinner
   */
  static List<CoverageBlock> of(Int3 from, Int3 to, Int3 patch, int stride, List<Int3> starts) {
    int[][] cuts = new int[3][];
    for (int axis = 0; axis < 3; axis++) {
      cuts[axis] = cuts(axis, from, to, patch.get(axis), axis == 0 ? stride : patch.get(axis), starts);
    }
    List<CoverageBlock> blocks = new ArrayList<>();
    for (int i = 1; i < cuts[0].length; i++) {
      for (int j = 1; j < cuts[1].length; j++) {
        Int3 first = new Int3(cuts[0][i - 1], cuts[1][j - 1], 0);
        Int3 end = new Int3(cuts[0][i], cuts[1][j], 0);
        blocks.addAll(row(first, end, cuts[2], patch, starts));
      }
    }
    return joinedAlongX(blocks);
  }

  /** The blocks of one row along z; neighbours that are covered by the same patches are one. */
  private static List<CoverageBlock> row(
      Int3 first, Int3 end, int[] cuts, Int3 patch, List<Int3> starts) {
    List<CoverageBlock> row = new ArrayList<>();
    for (int k = 1; k < cuts.length; k++) {
      Int3 from = new Int3(first.x(), first.y(), cuts[k - 1]);
      Int3 to = new Int3(end.x(), end.y(), cuts[k]);
      List<Integer> patches = covering(from, patch, starts);
      CoverageBlock before = row.isEmpty() ? null : row.get(row.size() - 1);
      if (before != null && before.patches.equals(patches)) {
        row.set(row.size() - 1, new CoverageBlock(before.from, to, patches));
      } else {
        row.add(new CoverageBlock(from, to, patches));
      }
    }
    return row;
  }

  /** Uncovered neighbours along x of the same extent along y and z as one: long rows are what up-sampling is fast on. */
  private static List<CoverageBlock> joinedAlongX(List<CoverageBlock> blocks) {
    List<CoverageBlock> joined = new ArrayList<>();
    Map<List<Integer>, Integer> uncovered = new HashMap<>();
    for (CoverageBlock block : blocks) {
      List<Integer> extent = List.of(block.from.y(), block.from.z(), block.to.z());
      Integer at = block.patches.isEmpty() ? uncovered.get(extent) : null;
      if (at != null && joined.get(at).to.x() == block.from.x()) {
        joined.set(at, new CoverageBlock(joined.get(at).from, block.to, block.patches));
      } else {
        if (block.patches.isEmpty()) {
          uncovered.put(extent, joined.size());
        }
        joined.add(block);
      }
    }
    return joined;
  }

  private static int[] cuts(int axis, Int3 from, Int3 to, int length, int stride, List<Int3> starts) {
    TreeSet<Integer> cuts = new TreeSet<>(List.of(from.get(axis), to.get(axis)));
    for (Int3 start : starts) {
      for (int inside = 0; inside < length + stride; inside += stride) {
        int face = start.get(axis) + Math.min(inside, length);
        if (face > from.get(axis) && face < to.get(axis)) {
          cuts.add(face);
        }
      }
    }
    return cuts.stream().mapToInt(Integer::intValue).toArray();
  }

  private static List<Integer> covering(Int3 voxel, Int3 patch, List<Int3> starts) {
    List<Integer> covering = new ArrayList<>();
    for (int k = 0; k < starts.size(); k++) {
      Int3 inside = voxel.minus(starts.get(k));
      if (inside.x() >= 0 && inside.x() < patch.x()
          && inside.y() >= 0 && inside.y() < patch.y()
          && inside.z() >= 0 && inside.z() < patch.z()) {
        covering.add(k);
      }
    }
    return covering;
  }

  /**
   * Places that are held at most, for what a patch that was added covers and one still to come.
   *
   * @param order in which all patches are added, by their indices
   * @param places that a block's voxels take
   */
  static long mostHeld(
      List<CoverageBlock> blocks, List<Integer> order, ToLongFunction<CoverageBlock> places) {
    int[] turn = new int[order.size()];
    for (int i = 0; i < turn.length; i++) {
      turn[order.get(i)] = i;
    }
    long[] begun = new long[turn.length];
    long[] done = new long[turn.length];
    for (CoverageBlock block : blocks) {
      if (block.patches.size() > 1) {
        long taken = places.applyAsLong(block);
        begun[block.patches.stream().mapToInt(k -> turn[k]).min().orElseThrow()] += taken;
        done[block.patches.stream().mapToInt(k -> turn[k]).max().orElseThrow()] += taken;
      }
    }
    long held = 0;
    long most = 0;
    for (int i = 0; i < turn.length; i++) {
      held += begun[i];
      most = Math.max(most, held);
      held -= done[i];
    }
    return most;
  }

  long voxels() {
    return (long) sizeX() * sizeY() * sizeZ();
  }

  int sizeX() {
    return to.x() - from.x();
  }

  int sizeY() {
    return to.y() - from.y();
  }

  int sizeZ() {
    return to.z() - from.z();
  }
}

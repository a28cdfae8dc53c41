package nmsw.segmentation;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.Int3;

/**
 * Fuses patch logits with up-sampled global logits and takes the argmax (NMSW §7 and §14), without a tensor
 * of all classes and voxels. The wanted box is cut at the faces of the patches into blocks that are covered
 * by the same patches; a block is labelled from the logits at hand as soon as the last patch that covers it
 * is added, and only what is covered more than once is held in between, as {@link HeldLogits}. Patches may
 * be added in any order; in ascending x the least is held.
 *
 * <p>Every aggregation is linear in the patches: with the shares and factors known from the patches' places
 * alone, the sequential one does not depend on the order in which patches are added either.
 */
final class Fusion {

  /** Takes labels of the voxels (fromX.., y, fromZ..), z fastest; called by several threads. */
  interface LabelSink {
    /**
     * @param classes (sizeX, sizeZ), and perhaps more behind them; until the call returns
     */
    void labels(int fromX, int y, int fromZ, int sizeX, int sizeZ, LikelyClasses classes);
  }

  private final LowLogits low;
  private final Int3 patch;
  private final List<Int3> starts;
  private final Aggregation aggregation;
  private final GaussianWeight weight;
  private final Upsampling[] axes;
  private final float[] classShare;
  private final LabelSink sink;
  private final List<Block> blocks = new ArrayList<>();
  private final boolean[] added;
  private final int mostCells;
  private final int mostInSlice;
  private final Queue<FusionBuffers> idle = new ConcurrentLinkedQueue<>();

  /** A block on its way: which of its patches are still to come, and what the others left. */
  private static final class Block {
    final CoverageBlock place;
    final HeldLogits[] held;
    final float[] patchScale;
    final float[] globalScale;
    int pending;

    Block(CoverageBlock place, float[] patchScale, float[] globalScale) {
      this.place = place;
      this.held = new HeldLogits[place.sizeY()];
      this.patchScale = patchScale;
      this.globalScale = globalScale;
      this.pending = place.patches().size();
    }
  }

  /**
   * @param size voxels of the full-resolution map
   * @param from first voxel whose label is wanted, per axis
   * @param to one past the last voxel whose label is wanted
   * @param patch size of every patch
   * @param stride planes of constant x in which a patch's logits come; the last ones may be fewer
   * @param starts of all patches that will be added, the most important first
   * @param classWeight c per class, before the sigmoid; unused by {@link Aggregation#REPLACE}
   */
  Fusion(
      LowLogits low,
      Int3 size,
      Int3 from,
      Int3 to,
      Int3 patch,
      int stride,
      List<Int3> starts,
      Aggregation aggregation,
      float[] classWeight,
      LabelSink sink) {
    this.patch = patch;
    this.starts = List.copyOf(starts);
    this.aggregation = aggregation;
    this.sink = sink;
    this.weight = new GaussianWeight(patch);
    this.added = new boolean[starts.size()];
    this.axes = new Upsampling[3];
    for (int axis = 0; axis < 3; axis++) {
      axes[axis] = new Upsampling(low.size().get(axis), size.get(axis));
    }
    this.mostCells = CellSamples.enough(low.classes()) + low.size().z() + 1;
    this.classShare = new float[low.classes()];
    for (int c = 0; c < classShare.length; c++) {
      boolean replace = aggregation == Aggregation.REPLACE;
      classShare[c] = replace ? 1 : (float) (1 / (1 + Math.exp(-classWeight[c])));
    }
    this.low = aggregation == Aggregation.LEGACY_LOWRES_GATE ? gated(low, size) : low;
    for (CoverageBlock place : CoverageBlock.of(from, to, patch, stride, this.starts)) {
      int covering = place.patches().size();
      blocks.add(new Block(place, patchScale(), globalScale(covering)));
    }
    this.mostInSlice =
        blocks.stream().mapToInt(block -> block.place.sizeX() * block.place.sizeZ()).max().orElse(0);
  }

  /** Factor per class to the patches' sum. */
  private float[] patchScale() {
    float[] scale = classShare.clone();
    if (aggregation == Aggregation.EQ6_SEQUENTIAL) {
      Arrays.fill(scale, 1);
    }
    return scale;
  }

  /** Factor per class to the global logits where so many patches cover a voxel. */
  private float[] globalScale(int covering) {
    float[] scale = new float[classShare.length];
    for (int c = 0; c < scale.length; c++) {
      float rest = 1 - classShare[c];
      scale[c] =
          switch (aggregation) {
            case REPLACE -> 0;
            case NORMALISED_CW -> rest;
            case EQ6_SEQUENTIAL -> (float) Math.pow(rest, covering);
            case LEGACY_LOWRES_GATE -> 1;
          };
    }
    return scale;
  }

  /** Factor per class to the share of one patch of a block. */
  private float[] shareScale(Block block, int k) {
    float[] scale = new float[classShare.length];
    Arrays.fill(scale, 1);
    if (aggregation == Aggregation.EQ6_SEQUENTIAL) {
      long later = block.place.patches().stream().filter(other -> other > k).count();
      for (int c = 0; c < scale.length; c++) {
        scale[c] = classShare[c] * (float) Math.pow(1 - classShare[c], later);
      }
    }
    return scale;
  }

  /** The global logits damped where the nearest full-resolution voxel is covered. */
  private LowLogits gated(LowLogits all, Int3 size) {
    Int3 lowSize = all.size();
    boolean[] covered = new boolean[Math.toIntExact(lowSize.product())];
    int at = 0;
    for (int x = 0; x < lowSize.x(); x++) {
      for (int y = 0; y < lowSize.y(); y++) {
        for (int z = 0; z < lowSize.z(); z++) {
          Int3 voxel = new Int3(x, y, z).times(size).dividedBy(lowSize);
          covered[at++] = starts.stream().anyMatch(start -> covers(start, voxel));
        }
      }
    }
    float[] rest = new float[classShare.length];
    for (int c = 0; c < rest.length; c++) {
      rest[c] = 1 - classShare[c];
    }
    return all.scaledWhere(covered, rest);
  }

  private boolean covers(Int3 start, Int3 voxel) {
    for (int axis = 0; axis < 3; axis++) {
      int inside = voxel.get(axis) - start.get(axis);
      if (inside < 0 || inside >= patch.get(axis)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Adds planes of a patch, its first ones first.
   *
   * @param start one of those announced, not yet added
   * @param fromX first plane, a multiple of the stride
   * @param logits (planes, Y, Z, classes), classes fastest
   */
  void add(Int3 start, int fromX, FloatBuffer logits) {
    int k = 0;
    while (k < added.length && (added[k] || !starts.get(k).equals(start))) {
      k++;
    }
    if (k == added.length) {
      throw new IllegalArgumentException("no patch was announced at " + start + ", or it was added");
    }
    int toX = fromX + logits.remaining() / (patch.y() * patch.z() * low.classes());
    added[k] = toX == patch.x();
    int patchIndex = k;
    List<Block> covered =
        blocks.stream()
            .filter(
                block -> {
                  int x = block.place.from().x() - start.x();
                  boolean inSlab = x < toX && block.place.to().x() - start.x() > fromX;
                  return inSlab && block.place.patches().contains(patchIndex);
                })
            .toList();
    forEachSlice(covered, block -> new PatchInBlock(block, patchIndex, start.x() + fromX, logits)::slice);
    covered.forEach(block -> block.pending--);
  }

  /**
   * Labels what is left: what no patch covers, and what only patches cover that were not added.
   *
   * @throws IllegalStateException if a patch was not added that the aggregation needs
   */
  void finish() {
    List<Block> left =
        blocks.stream().filter(b -> b.pending > 0 || b.place.patches().isEmpty()).toList();
    for (Block block : left) {
      if (block.pending > 0 && aggregation.needsEveryPatch()) {
        throw new IllegalStateException(aggregation + " needs all patches; some were not added");
      }
    }
    forEachSlice(
        left,
        block ->
            block.pending == block.place.patches().size()
                ? labelFromGlobal(block.place)
                : new PatchInBlock(block, -1, 0, null)::slice);
  }

  /** Places for voxels whose logits are held at most at a time if the patches are added in this order, all of them. */
  long heldVoxels(List<Int3> order) {
    List<Integer> indices = order.stream().map(starts::indexOf).toList();
    return CoverageBlock.mostHeld(
        blocks.stream().map(block -> block.place).toList(),
        indices,
        place -> (long) place.sizeX() * place.sizeY() * cellsOf(place).slots());
  }

  private interface SliceWork {
    void slice(int y);
  }

  /** Spreads the slices of constant y of some blocks over all cores. */
  private static void forEachSlice(List<Block> some, Function<Block, SliceWork> work) {
    List<SliceWork> perBlock = some.stream().map(work).toList();
    int[] ends = new int[some.size()];
    int slices = 0;
    for (int b = 0; b < ends.length; b++) {
      slices += some.get(b).place.sizeY();
      ends[b] = slices;
    }
    IntStream.range(0, slices)
        .parallel()
        .forEach(
            s -> {
              int found = Arrays.binarySearch(ends, s + 1);
              int b = found < 0 ? -found - 1 : found;
              CoverageBlock place = some.get(b).place;
              perBlock.get(b).slice(place.to().y() - (ends[b] - s));
            });
  }

  private SliceWork labelFromGlobal(CoverageBlock place) {
    RowCells cells = cellsOf(place);
    return y ->
        withBuffers(
            buffers -> {
              new GlobalSlice(low, axes, y, cells).classify(place.from().x(), place.to().x(), buffers);
              handOver(place, y, buffers);
            });
  }

  /** The cells that the block's rows along z run through. */
  private RowCells cellsOf(CoverageBlock place) {
    return new RowCells(axes[2], place.from().z(), place.to().z());
  }

  private void handOver(CoverageBlock place, int y, FusionBuffers buffers) {
    sink.labels(place.from().x(), y, place.from().z(), place.sizeX(), place.sizeZ(), buffers.slice);
  }

  private void withBuffers(Consumer<FusionBuffers> work) {
    FusionBuffers buffers = idle.poll();
    if (buffers == null) {
      buffers = new FusionBuffers(low.classes(), mostCells, axes[2].mostPerCell, mostInSlice);
    }
    work.accept(buffers);
    idle.add(buffers);
  }

  /** What one patch adds to one block; without a patch, the end of a block that not all patches reached. */
  private final class PatchInBlock {
    private final Block block;
    private final CoverageBlock place;
    private final int patchIndex;
    private final int firstX;
    private final FloatBuffer logits;
    private final float[] scale;
    private final boolean last;
    private final boolean normalised = aggregation != Aggregation.EQ6_SEQUENTIAL;
    private final RowCells cells;

    /** Rows along z that are computed at once. */
    private final int tile;

    /**
     * @param firstX of the logits
     */
    PatchInBlock(Block block, int patchIndex, int firstX, FloatBuffer logits) {
      this.block = block;
      this.place = block.place;
      this.patchIndex = patchIndex;
      this.firstX = firstX;
      this.logits = logits;
      this.scale = shareScale(block, patchIndex);
      this.last = patchIndex < 0 || block.pending == 1;
      this.cells = cellsOf(place);
      this.tile = Math.max(1, CellSamples.enough(low.classes()) / cells.cells());
    }

    void slice(int y) {
      withBuffers(
          buffers -> {
            if (last) {
              label(y, buffers);
            } else {
              hold(y, buffers);
            }
          });
    }

    private void hold(int y, FusionBuffers buffers) {
      int slot = y - place.from().y();
      if (block.held[slot] == null) {
        block.held[slot] = new HeldLogits(low.classes(), place.sizeX() * cells.slots());
      }
      HeldLogits held = block.held[slot];
      for (int row = 0; row < place.sizeX(); row += tile) {
        int rows = Math.min(tile, place.sizeX() - row);
        read(row, rows, y, buffers);
        for (int n = 0; n < cells.mostVoxels(); n++) {
          int count = rows * cells.cells();
          turn(n, rows, buffers);
          highest(buffers.patch, buffers.strongest, count);
          carryWhatHasMass(buffers.patch, buffers.strongest, held, count);
          shares(row, rows, y, n, buffers);
          held.add(heldAt(row, rows, n), buffers.patch, buffers.strongest, buffers.share, scale, count);
        }
      }
    }

    /** Where in what is held the n-th voxels of the cells of some rows begin. */
    private int heldAt(int row, int rows, int n) {
      return row * cells.slots() + n * rows * cells.cells();
    }

    private void carryWhatHasMass(float[][] row, float[] strongest, HeldLogits held, int count) {
      for (int c = 0; c < low.classes(); c++) {
        for (int v = 0; v < count && !held.carries(c); v++) {
          if (!normalised || row[c][v] > strongest[v] - HeldLogits.NO_MASS) {
            held.carry(c);
          }
        }
      }
    }

    private void highest(float[][] row, float[] strongest, int count) {
      Arrays.fill(strongest, 0, count, Float.NEGATIVE_INFINITY);
      for (float[] ofClass : row) {
        for (int v = 0; v < count; v++) {
          strongest[v] = Math.max(strongest[v], ofClass[v]);
        }
      }
    }

    private void label(int y, FusionBuffers buffers) {
      int slot = y - place.from().y();
      HeldLogits held = block.held[slot];
      LowRows global =
          aggregation == Aggregation.REPLACE
              ? null
              : new LowRows(low, axes[0], axes[1], y, cells.firstSample, cells.samples());
      for (int row = 0; row < place.sizeX(); row += tile) {
        int rows = Math.min(tile, place.sizeX() - row);
        int count = rows * cells.cells();
        buffers.global.clear();
        for (int r = row; global != null && r < row + rows; r++) {
          buffers.global.add(cells, global.at(place.from().x() + r, 0, cells.samples()), 0, cells.cells());
        }
        if (patchIndex >= 0) {
          read(row, rows, y, buffers);
        }
        for (int n = 0; n < cells.mostVoxels(); n++) {
          if (patchIndex >= 0) {
            turn(n, rows, buffers);
          }
          shares(row, rows, y, n, buffers);
          for (int c = 0; c < low.classes(); c++) {
            sum(c, held, heldAt(row, rows, n), buffers.patch[c], buffers.share, buffers.fused[c], count);
            buffers.global.addTo(buffers.fused[c], c, n, block.globalScale[c]);
          }
          buffers.find(count);
          for (int r = 0; r < rows; r++) {
            cells.place(
                buffers.found, r * cells.cells(), cells.cells(), 0, n, buffers.slice, (row + r) * cells.voxels());
          }
        }
      }
      block.held[slot] = null;
      handOver(place, y, buffers);
    }

    /** The patches' sum of one class, what is held and this patch's part, times its factor. */
    private void sum(int c, HeldLogits held, int at, float[] ofClass, float[] share, float[] value, int count) {
      if (held == null) {
        Arrays.fill(value, 0, count, 0);
      } else {
        held.read(c, at, value, count);
      }
      float patchScale = block.patchScale[c];
      if (patchIndex < 0) {
        // Shares were of all patches announced; those that came share the whole.
        for (int v = 0; v < count; v++) {
          value[v] *= patchScale / share[v];
        }
      } else {
        float factor = scale[c];
        for (int v = 0; v < count; v++) {
          value[v] = patchScale * (value[v] + factor * share[v] * ofClass[v]);
        }
      }
    }

    /**
     * This patch's share of the weights of all patches announced, in the n-th voxels of the cells of some rows; without a
     * patch, that of all that came.
     */
    private void shares(int row, int rows, int y, int n, FusionBuffers buffers) {
      float[] share = buffers.share;
      int count = rows * cells.cells();
      if (normalised && place.patches().size() == 1) {
        Arrays.fill(share, 0, count, 1);
        return;
      }
      Arrays.fill(share, 0, count, 0);
      if (patchIndex >= 0) {
        addWeights(patchIndex, row, rows, y, n, share);
      } else {
        place.patches().stream().filter(k -> added[k]).forEach(k -> addWeights(k, row, rows, y, n, share));
      }
      if (normalised) {
        float[] all = buffers.weights;
        Arrays.fill(all, 0, count, 0);
        place.patches().forEach(k -> addWeights(k, row, rows, y, n, all));
        for (int v = 0; v < count; v++) {
          share[v] /= all[v];
        }
      }
    }

    private void addWeights(int k, int row, int rows, int y, int n, float[] into) {
      Int3 inPatch = place.from().minus(starts.get(k));
      int[] voxels = cells.voxels(n);
      for (int r = 0; r < rows; r++) {
        weight.addRow(
            inPatch.x() + row + r, y - starts.get(k).y(), inPatch.z(), voxels, into, r * voxels.length);
      }
    }

    /** Reads rows of this patch's logits, as they are. */
    private void read(int row, int rows, int y, FusionBuffers buffers) {
      Int3 start = starts.get(patchIndex);
      int rowLength = cells.voxels() * low.classes();
      for (int r = 0; r < rows; r++) {
        int plane = place.from().x() + row + r - firstX;
        int voxel = (plane * patch.y() + y - start.y()) * patch.z() + place.from().z() - start.z();
        logits.get(logits.position() + voxel * low.classes(), buffers.classesLast, r * rowLength, rowLength);
      }
    }

    /** Turns the n-th voxels of the cells of the rows that were read to [class][cell]. */
    private void turn(int n, int rows, FusionBuffers buffers) {
      int classes = low.classes();
      float[] classesLast = buffers.classesLast;
      int[] voxels = cells.voxels(n);
      for (int r = 0; r < rows; r++) {
        int first = r * cells.voxels() * classes;
        for (int c = 0; c < classes; c++) {
          float[] ofClass = buffers.patch[c];
          for (int i = 0; i < voxels.length; i++) {
            ofClass[r * voxels.length + i] = classesLast[first + voxels[i] * classes + c];
          }
        }
      }
    }
  }
}

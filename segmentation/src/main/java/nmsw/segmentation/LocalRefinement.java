package nmsw.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.PendingLogits;

/**
 * Runs the local network over patches and hands their logits to the fusion, which reads them where the engine
 * left them.
 */
final class LocalRefinement {
  private final CompiledBackbone local;
  private final List<NDArray> weights;
  private final NetworkInput input;
  private final Int3 patch;
  private final int batch;

  /** Planes of constant x in which a fusion gets the logits of a patch. */
  private final int stride;

  /**
   * @param weights prepared for {@code local}
   * @param batch patches that the local network takes at once
   */
  LocalRefinement(
      CompiledBackbone local, List<NDArray> weights, NetworkInput input, Int3 patch, int batch) {
    this.local = local;
    this.weights = weights;
    this.input = input;
    this.patch = patch;
    this.batch = batch;
    this.stride = local.stride(batch, patch);
  }

  /** The order in which the fusion holds the least. */
  static List<Int3> sweep(List<Int3> starts) {
    List<Int3> sorted = new ArrayList<>(starts);
    sorted.sort(
        Comparator.comparingInt(Int3::x).thenComparingInt(Int3::y).thenComparingInt(Int3::z));
    return sorted;
  }

  /** As {@link #sweep}, after the most important patch. */
  static List<Int3> firstThenSweep(List<Int3> starts) {
    List<Int3> order = new ArrayList<>(starts.subList(0, Math.min(1, starts.size())));
    order.addAll(sweep(starts.subList(order.size(), starts.size())));
    return order;
  }

  /**
   * Refines some patches, one batch after the other.
   *
   * @param endStage is told the stage that just ended, {@link SegmentationResult#LOCAL} or FUSE
   */
  void run(
      NDManager scope,
      List<Int3> starts,
      Fusion fusion,
      Consumer<String> endStage,
      ProgressListener listener) {
    for (int k = 0; k < starts.size(); k += batch) {
      List<Int3> some = starts.subList(k, Math.min(starts.size(), k + batch));
      try (NDManager step = scope.newSubManager()) {
        forEachSlab(step, some, endStage, (x, logits) -> fuse(some, x, logits, fusion));
      }
      listener.progress(SegmentationResult.LOCAL, k + some.size(), starts.size());
    }
  }

  /** A fusion that got so many of the patches asked for, and is not finished. */
  record Refined(Fusion fusion, int patches) {}

  /**
   * As {@link #run}, but only as many patches as there is time for. The fusion must know all patches before it
   * gets the first, and holds least if it gets them from left to right; the least important ones can therefore
   * not just be dropped when time runs out. So the most important one is computed ahead of the others, and its
   * time says how many of the next there is time for.
   *
   * @param starts the most important first
   * @param reserve time to leave for what comes after the last patch
   * @param fusing makes the fusion of the patches that are refined
   */
  Refined runInTime(
      NDManager scope,
      List<Int3> starts,
      Deadline deadline,
      Duration reserve,
      Function<List<Int3>, Fusion> fusing,
      Consumer<String> endStage,
      ProgressListener listener) {
    if (starts.isEmpty() || deadline.isOver()) {
      return new Refined(fusing.apply(List.of()), 0);
    }
    List<Int3> chosen;
    Fusion fusion;
    try (NDManager step = scope.newSubManager()) {
      long begin = deadline.now();
      PendingLogits pending = begin(step, starts.subList(0, 1));
      List<FloatBuffer> slabs = new ArrayList<>();
      for (int x = 0; x < patch.x(); x += stride) {
        slabs.add(logits(step, pending, x));
      }
      long perPatch = deadline.now() - begin;
      endStage.accept(SegmentationResult.LOCAL);
      int more = deadline.affordable(perPatch, starts.size() - 1, reserve.toNanos());
      chosen = starts.subList(0, 1 + more);
      fusion = fusing.apply(chosen);
      for (int i = 0; i < slabs.size(); i++) {
        fuse(chosen.subList(0, 1), i * stride, slabs.get(i), fusion);
      }
      endStage.accept(SegmentationResult.FUSE);
    }
    listener.progress(SegmentationResult.LOCAL, 1, chosen.size());
    List<Int3> rest = firstThenSweep(chosen).subList(1, chosen.size());
    ProgressListener further = (stage, done, total) -> listener.progress(stage, done + 1, total + 1);
    run(scope, rest, fusion, endStage, further);
    return new Refined(fusion, chosen.size());
  }

  /**
   * As {@link #run}, but the network runs over the first patches only and the logits of the last of these are
   * fused for the others too: what a long run costs, told from a part of it.
   *
   * @param computed patches that the network runs over, at least 1
   */
  void sample(
      NDManager scope, List<Int3> starts, int computed, Fusion fusion, Consumer<String> endStage) {
    run(scope, starts.subList(0, computed - 1), fusion, endStage, ProgressListener.NONE);
    try (NDManager step = scope.newSubManager()) {
      forEachSlab(
          step,
          starts.subList(computed - 1, computed),
          endStage,
          (x, logits) -> {
            for (Int3 start : starts.subList(computed - 1, starts.size())) {
              fuse(List.of(start), x, logits, fusion);
            }
          });
    }
  }

  /** Takes logits (N, planes, Y, Z, classes) of the planes from x on. */
  private interface SlabConsumer {
    void accept(int x, FloatBuffer logits);
  }

  /** Infers some patches; their logits are there slab by slab. */
  private void forEachSlab(
      NDManager step, List<Int3> some, Consumer<String> endStage, SlabConsumer fusing) {
    PendingLogits pending = begin(step, some);
    for (int x = 0; x < patch.x(); x += stride) {
      try (NDManager slab = step.newSubManager()) {
        FloatBuffer logits = logits(slab, pending, x);
        endStage.accept(SegmentationResult.LOCAL);
        fusing.accept(x, logits);
        endStage.accept(SegmentationResult.FUSE);
      }
    }
  }

  /**
   * What the local network makes of some patches.
   *
   * @throws java.util.concurrent.CancellationException if the process ends
   */
  private PendingLogits begin(NDManager step, List<Int3> starts) {
    EngineGate.ofProcess().check();
    return local.begin(patches(step, starts), weights);
  }

  /** Logits (N, planes, Y, Z, classes) of the slab that begins at x, in memory of {@code slab}. */
  private FloatBuffer logits(NDManager slab, PendingLogits pending, int x) {
    int to = Math.min(x + stride, patch.x());
    return Segmenter.classesLast(pending.logits(slab, x, to));
  }

  private static void fuse(List<Int3> some, int fromX, FloatBuffer logits, Fusion fusion) {
    int length = logits.remaining() / some.size();
    for (int i = 0; i < some.size(); i++) {
      fusion.add(some.get(i), fromX, logits.slice(i * length, length));
    }
  }

  /** Written straight into the memory that the engine reads. */
  private NDArray patches(NDManager step, List<Int3> starts) {
    int length = Math.toIntExact(patch.product());
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(
                Math.multiplyExact(Float.BYTES, Math.multiplyExact(starts.size(), length)))
            .order(ByteOrder.nativeOrder());
    FloatBuffer values = bytes.asFloatBuffer();
    for (int i = 0; i < starts.size(); i++) {
      input.read(starts.get(i), patch, values.slice(i * length, length));
    }
    Shape shape = new Shape(starts.size(), 1, patch.x(), patch.y(), patch.z());
    return step.create(bytes, shape, DataType.FLOAT32);
  }
}

package nmsw.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Int3;

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
  }

  /** The order in which the fusion holds the least. */
  static List<Int3> sweep(List<Int3> starts) {
    List<Int3> sorted = new ArrayList<>(starts);
    sorted.sort(
        Comparator.comparingInt(Int3::x).thenComparingInt(Int3::y).thenComparingInt(Int3::z));
    return sorted;
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
        FloatBuffer logits = Segmenter.classesLast(local.infer(patches(step, some), weights).logits());
        endStage.accept(SegmentationResult.LOCAL);
        fuse(some, logits, fusion);
        endStage.accept(SegmentationResult.FUSE);
      }
      listener.progress(SegmentationResult.LOCAL, k + some.size(), starts.size());
    }
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
      NDArray x = patches(step, starts.subList(computed - 1, computed));
      FloatBuffer logits = Segmenter.classesLast(local.infer(x, weights).logits());
      endStage.accept(SegmentationResult.LOCAL);
      for (Int3 start : starts.subList(computed - 1, starts.size())) {
        fuse(List.of(start), logits, fusion);
      }
      endStage.accept(SegmentationResult.FUSE);
    }
  }

  private static void fuse(List<Int3> some, FloatBuffer logits, Fusion fusion) {
    int length = logits.remaining() / some.size();
    for (int i = 0; i < some.size(); i++) {
      fusion.add(some.get(i), logits.slice(i * length, length));
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

package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * A forward pass of a {@link CompiledBackbone} whose last layers are still to come: with many classes, the logits of
 * a whole volume would take more memory than all that came before. Belongs to the manager of the pass's input.
 */
public final class PendingLogits {
  /** What is held of one map with a channel per class: a patch of 128^3 with 32 classes is not cut up yet. */
  public static final long SLAB_BYTES = 1 << 28;

  private final ScriptModule module;
  private final List<NDArray> weights;
  private final Shape input;
  private final int classes;
  private final NDArray feature;
  private final NDArray map;
  private final NDArray norm;

  PendingLogits(
      ScriptModule module,
      List<NDArray> weights,
      int classes,
      Shape input,
      NDArray feature,
      NDArray map,
      NDArray norm) {
    this.module = module;
    this.weights = weights;
    this.classes = classes;
    this.input = input;
    this.feature = feature;
    this.map = map;
    this.norm = norm;
  }

  /** (N, featureChannels, X/2, Y/2, Z/2). */
  public NDArray feature() {
    return feature;
  }

  /** Number of planes, X. */
  public int planes() {
    return (int) input.get(2);
  }

  /** An even number of planes to ask for at once, so that little is held and little computed twice. */
  public int stride() {
    Int3 size = new Int3(planes(), (int) input.get(3), (int) input.get(4));
    return stride((int) input.get(0), classes, size);
  }

  static int stride(int samples, int classes, Int3 size) {
    long plane = (long) samples * classes * size.y() * size.z() * Float.BYTES;
    return (int) Math.min(size.x(), Math.max(2, SLAB_BYTES / plane / 2 * 2));
  }

  /**
   * Logits of planes of constant x.
   *
   * @param from first plane, even
   * @param to one past the last, even
   * @return (N, classes, to - from, Y, Z), attached to {@code manager}
   */
  public NDArray logits(NDManager manager, int from, int to) {
    if (from < 0 || to > planes() || from >= to || from % 2 != 0 || to % 2 != 0) {
      throw new IllegalArgumentException("planes " + from + " to " + to + " of " + planes());
    }
    NDArray range = manager.create(new long[] {from, to});
    return module.call("planes", List.of(range, map, norm), weights, false).get(0);
  }
}

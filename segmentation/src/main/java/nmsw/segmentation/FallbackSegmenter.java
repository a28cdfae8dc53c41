package nmsw.segmentation;

import ai.djl.engine.EngineException;
import nmsw.volume.Volume;

/**
 * A {@link Segmenter} that makes do with less memory where its first way takes too much: smaller batches and, on a GPU, half
 * the precision, then the CPU. The next volume begins with the first way again.
 */
public final class FallbackSegmenter implements AutoCloseable {
  private final ModelBundle bundle;
  private final MemoryLadder ladder;
  private final Segmenter preferred;

  /**
   * @param attempt how the result was computed
   */
  public record Outcome(SegmentationResult result, Attempt attempt) {}

  public FallbackSegmenter(ModelBundle bundle, Compute compute) {
    this.bundle = bundle;
    this.preferred = new Segmenter(bundle, compute);
    boolean gpu = compute.device().isGpu();
    Attempt first = new Attempt(compute, preferred.batch());
    this.ladder = new MemoryLadder(first.ladder(gpu && CudaState.gpu(compute.device()).bfloat16()));
  }

  /**
   * As {@link Segmenter#segment(Volume, PatchSelection, ProgressListener)}.
   *
   * @throws NotEnoughMemory if no way has enough memory
   */
  public synchronized Outcome segment(
      Volume volume, PatchSelection selection, ProgressListener listener) {
    return segment(volume, selection, Deadline.none(), listener);
  }

  /**
   * As {@link Segmenter#segment(Volume, PatchSelection, Deadline, ProgressListener)}; ways that failed take of
   * the same time.
   *
   * @throws NotEnoughMemory if no way has enough memory
   * @throws DeviceLost if the GPU failed for good
   */
  public synchronized Outcome segment(
      Volume volume, PatchSelection selection, Deadline deadline, ProgressListener listener) {
    try {
      return ladder.run(
          attempt -> new Outcome(run(attempt, volume, selection, deadline, listener), attempt));
    } catch (EngineException e) {
      throw DeviceLost.of(e);
    }
  }

  /** Runs a volume of one patch, so that the first real one is not slowed by what happens only once. */
  public void warmUp() {
    WarmUp.run(this, bundle.description());
  }

  private SegmentationResult run(
      Attempt attempt,
      Volume volume,
      PatchSelection selection,
      Deadline deadline,
      ProgressListener listener) {
    if (attempt.compute().equals(preferred.compute())) {
      return preferred.segment(volume, selection, deadline, attempt.batch(), listener);
    }
    try (Segmenter other = new Segmenter(bundle, attempt.compute())) {
      return other.segment(volume, selection, deadline, attempt.batch(), listener);
    }
  }

  @Override
  public synchronized void close() {
    preferred.close();
  }
}

package nmsw.segmentation;

import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import nmsw.segmentation.nn.PendingLogits;

/** Logits of one sample, read plane by plane in ascending x; those of some planes are held at a time. */
final class LogitPlanes implements AutoCloseable {
  private final PendingLogits logits;
  private final NDManager manager;
  private NDManager slab;
  private FloatBuffer values;
  private int from;
  private int to;

  LogitPlanes(PendingLogits logits, NDManager manager) {
    this.logits = logits;
    this.manager = manager;
  }

  /** Logits (Y, Z, classes) at x, valid until the next call. */
  FloatBuffer read(int x) {
    if (x < from || x >= to) {
      close();
      slab = manager.newSubManager();
      from = x / logits.stride() * logits.stride();
      to = Math.min(from + logits.stride(), logits.planes());
      values = Segmenter.classesLast(logits.logits(slab, from, to));
    }
    int plane = values.remaining() / (to - from);
    return values.slice((x - from) * plane, plane);
  }

  @Override
  public void close() {
    if (slab != null) {
      slab.close();
      slab = null;
    }
    values = null;
    to = from;
  }
}

package nmsw.segmentation;

import nmsw.segmentation.nn.Int3;

/**
 * The global network's logits on its own grid.
 *
 * @param values (X, Y, Z, classes), classes fastest
 * @param size voxels
 */
record LowLogits(float[] values, Int3 size, int classes) {
  LowLogits {
    if (values.length != size.product() * classes) {
      throw new IllegalArgumentException(
          values.length + " logits for " + size + " voxels of " + classes + " classes");
    }
  }

  /** Class of highest logit per voxel, the lowest among equals; z fastest. */
  byte[] labels() {
    byte[] labels = new byte[values.length / classes];
    for (int v = 0; v < labels.length; v++) {
      labels[v] = (byte) argmax(values, v * classes, classes);
    }
    return labels;
  }

  static int argmax(float[] logits, int offset, int classes) {
    int best = 0;
    float highest = logits[offset];
    for (int c = 1; c < classes; c++) {
      if (logits[offset + c] > highest) {
        highest = logits[offset + c];
        best = c;
      }
    }
    return best;
  }
}

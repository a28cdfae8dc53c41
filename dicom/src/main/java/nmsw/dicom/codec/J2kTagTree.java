package nmsw.dicom.codec;

import java.util.Arrays;

/** A tag tree (ITU-T T.800 §B.10.2): the minimum of every 2 x 2 nodes on the level above. */
final class J2kTagTree {
  private static final int UNKNOWN = Integer.MAX_VALUE;

  /** Index of each node's parent; the root's is its own. */
  private final int[] parents;

  private final int[] values;
  private final int[] lowest;
  private final int[] path = new int[Integer.SIZE];

  J2kTagTree(int width, int height) {
    int nodes = 0;
    int w = width;
    int h = height;
    for (int level = w * h; ; level = w * h) {
      nodes += level;
      if (level <= 1) {
        break;
      }
      w = w + 1 >> 1;
      h = h + 1 >> 1;
    }
    parents = new int[nodes];
    values = new int[nodes];
    lowest = new int[nodes];
    Arrays.fill(values, UNKNOWN);
    int from = 0;
    w = width;
    h = height;
    while (w * h > 1) {
      int next = from + w * h;
      int nextWidth = w + 1 >> 1;
      for (int i = 0; i < w * h; i++) {
        parents[from + i] = next + (i / w >> 1) * nextWidth + (i % w >> 1);
      }
      from = next;
      w = nextWidth;
      h = h + 1 >> 1;
    }
    if (nodes > 0) {
      parents[nodes - 1] = nodes - 1;
    }
  }

  /** Reads until it is known whether the leaf's value is below the threshold. */
  boolean isBelow(int leaf, int threshold, J2kPacketBits bits) throws CodecException {
    int depth = 0;
    int node = leaf;
    while (parents[node] != node) {
      path[depth++] = node;
      node = parents[node];
    }
    int low = 0;
    while (true) {
      low = Math.max(low, lowest[node]);
      while (low < threshold && values[node] == UNKNOWN) {
        if (bits.bit() == 1) {
          values[node] = low;
        } else {
          low++;
        }
      }
      lowest[node] = low;
      if (depth == 0) {
        return values[node] < threshold;
      }
      node = path[--depth];
    }
  }
}

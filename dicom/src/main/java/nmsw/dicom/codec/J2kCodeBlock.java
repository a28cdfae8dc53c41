package nmsw.dicom.codec;

import java.util.Arrays;

/** A code-block: its place among the tile's coefficients, and what packets have told of it so far. */
final class J2kCodeBlock {
  final int x;
  final int y;
  final int width;
  final int height;

  /** Whether a packet has included it. */
  boolean included;

  /** Bit planes without a bit, before the first that is coded. */
  int zeroPlanes;

  /** Lblock (ITU-T T.800 §B.10.7.1). */
  int lengthBits = 3;

  int passes;

  /** Start, length and passes of each piece of a codeword segment. */
  private int[] chunks = new int[3];

  private int used;

  J2kCodeBlock(int x, int y, int width, int height) {
    this.x = x;
    this.y = y;
    this.width = width;
    this.height = height;
  }

  /** Its start is told later, when the packet's body is reached. */
  void addChunk(int length, int chunkPasses) {
    if (used == chunks.length) {
      chunks = Arrays.copyOf(chunks, 4 * used);
    }
    chunks[used] = -1;
    chunks[used + 1] = length;
    chunks[used + 2] = chunkPasses;
    used += 3;
    passes += chunkPasses;
  }

  /** Places the pieces that have no start yet one behind the other; returns where the last one ends. */
  long place(long start) {
    int first = used;
    while (first > 0 && chunks[first - 3] < 0) {
      first -= 3;
    }
    long at = start;
    for (int i = first; i < used; i += 3) {
      chunks[i] = (int) at;
      at += chunks[i + 1];
    }
    return at;
  }

  int chunkStart(int chunk) {
    return chunks[3 * chunk];
  }

  int chunkLength(int chunk) {
    return chunks[3 * chunk + 1];
  }

  int chunkPasses(int chunk) {
    return chunks[3 * chunk + 2];
  }
}

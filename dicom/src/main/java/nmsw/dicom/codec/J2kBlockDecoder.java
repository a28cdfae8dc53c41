package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * Decodes the bit planes of JPEG 2000 code-blocks (ITU-T T.800 annex D) with the MQ decoder (annex C). One is
 * used for many blocks.
 *
 * <p>A block is scanned in stripes of four rows. Each column of a stripe has one word of flags, which also tells
 * of the neighbours, so that a context is a shift and a look-up:
 *
 * <pre>
 * bits 0 to 17           significance of rows -1 to 4, three columns each: left, this, right
 * bits 18, 21, 24, 27    rows 0 to 3 were coded in this bit plane's significance propagation pass
 * bits 19, 22, 25, 28    rows 0 to 3 were refined before
 * bits 20, 23, 26, 29    signs of rows 0 to 3
 * bits 30 and 31         signs of rows -1 and 4
 * </pre>
 */
final class J2kBlockDecoder {
  /** Code-block styles (table A.19). */
  static final int BYPASS = 1;

  static final int RESET = 2;
  static final int TERMINATE_ALL = 4;
  static final int VERTICALLY_CAUSAL = 8;
  static final int SEGMENTATION_SYMBOLS = 32;

  /** Bits of a magnitude that are held, beside the sign and half a step. */
  static final int MAX_PLANES = 30;

  /** Rows of a stripe. */
  static final int STRIPE = 4;

  /** 0.75 in the standard's terms: A is renormalized to at least this. */
  private static final long LEAST = 0x8000L << J2kMqStates.LOW_BITS;

  private static final int LEADING_ZEROS = Long.numberOfLeadingZeros(LEAST);

  private static final int FIRST_BYPASSED_PASS = 10;
  private static final int WINDOW = 0x3FFFF;
  private static final int NEIGHBOURS = 0x1EF;
  private static final int SELF = 1 << 4;
  private static final int VISITED = 1 << 18;
  private static final int REFINED = 1 << 19;
  private static final int NEGATIVE = 1 << 20;
  private static final int NEGATIVE_ABOVE = 1 << 30;
  private static final int NEGATIVE_BELOW = 1 << 31;

  /** One bit for each row of a stripe, three apart, as all flags are. */
  private static final int ROWS = 0x249;

  private static final int SIGN_CONTEXT = 9;
  private static final int REFINEMENT_CONTEXT = 14;
  private static final int RUN_CONTEXT = 17;
  private static final int UNIFORM_CONTEXT = 18;
  private static final int CONTEXTS = 19;

  /** Where {@link #memory} has the zero coding table, the flags, and the four values of the flags' word 0. */
  private static final int TABLE = 32;

  private static final int FLAGS = TABLE + 512;

  /** A code-block has 4096 samples, 1024 columns and 1024 rows at most: in one stripe it takes the most. */
  private static final int MOST_WORDS = (1024 + 2) * 3;

  private static final int VALUES = FLAGS + MOST_WORDS - STRIPE * FLAGS;

  /** Table D.1 by the nine bits of a sample's window, for LL and LH, HL, HH. */
  private static final int[][] ZERO_CODING = {
    zeroCoding(false, false), zeroCoding(true, false), zeroCoding(false, true)
  };

  /** Tables D.2 and D.3 by significance and sign of the four neighbours: context, and in bit 7 the XOR bit. */
  private static final byte[] SIGN_CODING = signCoding();

  /** What {@link J2kMqStates} starts a block with (table D.7). */
  private static final int[] FIRST_STATES = firstStates();

  /**
   * The states of the contexts; the block's table of {@link #ZERO_CODING}; its flags; its values, four for each word
   * of flags. In one array, for the passes have more to keep at hand than there are registers.
   */
  private final int[] memory = new int[FLAGS + (1 + STRIPE) * MOST_WORDS];

  private int width;
  private int height;
  private boolean causal;

  /** The bytes of the segment being decoded. */
  private byte[] segment = new byte[0];

  private int segmentEnd;

  /** Its bits without those that were stuffed in, then ones, the last word of which may be read for ever. */
  private int[] stream = new int[2];

  private int streamEnd;

  /** Of the next word of the stream, or byte of the segment. */
  private int position;

  /**
   * The registers of the MQ decoder (§C.3.1). C is longer than in the standard: below what is compared with Qe
   * it holds the next {@link #count} bits.
   */
  private long a;

  private long c;
  private int count;

  /** What a bypassed pass has read last, and how many of its bits are left. */
  private int rawByte;

  private int rawCount;

  private static int[] zeroCoding(boolean swapped, boolean diagonal) {
    int[] table = new int[512];
    for (int i = 0; i < table.length; i++) {
      int h = (i >> 3 & 1) + (i >> 5 & 1);
      int v = (i >> 1 & 1) + (i >> 7 & 1);
      int d = (i & 1) + (i >> 2 & 1) + (i >> 6 & 1) + (i >> 8 & 1);
      table[i] = diagonal ? diagonalContext(h + v, d) : swapped ? context(v, h, d) : context(h, v, d);
    }
    return table;
  }

  private static int context(int h, int v, int d) {
    if (h == 2) {
      return 8;
    }
    if (h == 1) {
      return v > 0 ? 7 : d > 0 ? 6 : 5;
    }
    return v > 0 ? 2 + v : Math.min(d, 2);
  }

  private static int diagonalContext(int hv, int d) {
    return switch (d) {
      case 0 -> Math.min(hv, 2);
      case 1 -> 3 + Math.min(hv, 2);
      case 2 -> hv > 0 ? 7 : 6;
      default -> 8;
    };
  }

  /** Index: bit 0 to 3 significance of north, south, west, east, bit 4 to 7 their signs. */
  private static byte[] signCoding() {
    byte[] table = new byte[256];
    for (int i = 0; i < table.length; i++) {
      int v = contribution(i, 0) + contribution(i, 1);
      int h = contribution(i, 2) + contribution(i, 3);
      v = Integer.signum(v);
      h = Integer.signum(h);
      boolean flip = h < 0 || h == 0 && v < 0;
      int relative = flip ? -v : v;
      int context = h != 0 ? SIGN_CONTEXT + 3 + relative : SIGN_CONTEXT + relative;
      table[i] = (byte) (context | (flip ? 0x80 : 0));
    }
    return table;
  }

  private static int contribution(int index, int neighbour) {
    return (index >> neighbour & 1) * (1 - 2 * (index >> neighbour + 4 & 1));
  }

  private static int[] firstStates() {
    int[] states = new int[CONTEXTS];
    Arrays.fill(states, J2kMqStates.first(0));
    states[0] = J2kMqStates.first(4);
    states[RUN_CONTEXT] = J2kMqStates.first(3);
    states[UNIFORM_CONTEXT] = J2kMqStates.first(46);
    return states;
  }

  /** How many of the passes from {@code pass} on belong to the same codeword segment (§D.4.2, §D.6). */
  static int passesInSegment(int pass, int style) {
    if ((style & TERMINATE_ALL) != 0) {
      return 1;
    }
    if ((style & BYPASS) == 0) {
      return Integer.MAX_VALUE;
    }
    if (pass < FIRST_BYPASSED_PASS) {
      return FIRST_BYPASSED_PASS - pass;
    }
    return (pass - FIRST_BYPASSED_PASS) % 3 == 0 ? 2 : 1;
  }

  /**
   * Decodes a block. Afterwards {@link #values} holds its coefficients, doubled: the last bit is half a step of the
   * last bit plane that was decoded of a coefficient (§E.1.1.2, r = 1/2).
   *
   * @param orientation 0 for LL and LH, 1 for HL, 2 for HH
   * @param planes magnitude bit planes that are coded, {@link #MAX_PLANES} at most
   */
  void decode(byte[] data, J2kCodeBlock block, int orientation, int planes, int style) throws CodecException {
    width = block.width;
    height = block.height;
    causal = (style & VERTICALLY_CAUSAL) != 0;
    int words = (width + 2) * ((height + STRIPE - 1) / STRIPE + 2);
    System.arraycopy(ZERO_CODING[orientation], 0, memory, TABLE, ZERO_CODING[orientation].length);
    Arrays.fill(memory, FLAGS, FLAGS + words, 0);
    Arrays.fill(memory, FLAGS + MOST_WORDS, FLAGS + MOST_WORDS + STRIPE * words, 0);
    reset();
    int pass = 0;
    int chunk = 0;
    while (pass < block.passes) {
      int end = (int) Math.min(block.passes, (long) pass + passesInSegment(pass, style));
      chunk = gather(data, block, chunk, end - pass);
      boolean raw = (style & BYPASS) != 0 && pass >= FIRST_BYPASSED_PASS && (pass + 2) % 3 != 2;
      if (raw) {
        startRaw();
      } else {
        startMq();
      }
      for (; pass < end; pass++) {
        int plane = planes - 1 - (pass + 2) / 3;
        switch ((pass + 2) % 3) {
          case 0 -> {
            if (raw) {
              rawSignificancePass(plane);
            } else {
              significancePass(plane);
            }
          }
          case 1 -> {
            if (raw) {
              rawRefinementPass(plane);
            } else {
              refinementPass(plane);
            }
          }
          default -> {
            cleanupPass(plane);
            if ((style & SEGMENTATION_SYMBOLS) != 0) {
              segmentationSymbol(block);
            }
          }
        }
        if ((style & RESET) != 0) {
          reset();
        }
      }
    }
  }

  private void reset() {
    System.arraycopy(FIRST_STATES, 0, memory, 0, CONTEXTS);
  }

  /** Coefficients: of a row from {@link #firstOf} on, {@link #STRIPE} apart. */
  int[] values() {
    return memory;
  }

  int firstOf(int row) {
    return VALUES + STRIPE * word(row) + row % STRIPE;
  }

  /** Joins the pieces of a segment, which layers have split; returns the next piece. */
  private int gather(byte[] data, J2kCodeBlock block, int first, int passes) {
    int chunk = first;
    int length = 0;
    for (int got = 0; got < passes; got += block.chunkPasses(chunk++)) {
      length += block.chunkLength(chunk);
    }
    if (segment.length < length) {
      segment = new byte[Math.max(length, 2 * segment.length)];
    }
    int at = 0;
    for (int i = first; i < chunk; i++) {
      System.arraycopy(data, block.chunkStart(i), segment, at, block.chunkLength(i));
      at += block.chunkLength(i);
    }
    segmentEnd = at;
    return chunk;
  }

  /** INITDEC (§C.3.5). */
  private void startMq() {
    unstuff();
    a = LEAST;
    c = (stream[0] & 0xFFFFFFFFL) << 15;
    count = Integer.SIZE - 15;
    position = 1;
  }

  /** All that BYTEIN (§C.3.4) would read: a byte behind X'FF' has seven bits and a carry; a marker ends it. */
  private void unstuff() {
    if (stream.length < segmentEnd / 4 + 2) {
      stream = new int[segmentEnd / 2 + 2];
    }
    int words = 0;
    long bits = 0;
    int size = 0;
    int last = 0;
    for (int i = 0; i < segmentEnd && (last != 0xFF || (segment[i] & 0xFF) <= 0x8F); i++) {
      int shift = last == 0xFF ? 7 : 8;
      last = segment[i] & 0xFF;
      bits = (bits << shift) + last;
      size += shift;
      if (bits >>> size != 0) {
        int word = words;
        do {
          word--;
        } while (word >= 0 && ++stream[word] == 0);
      }
      if (size >= Integer.SIZE) {
        size -= Integer.SIZE;
        stream[words++] = (int) (bits >>> size);
      }
      bits &= (1L << size) - 1;
    }
    stream[words] = (int) ((bits + 1 << Integer.SIZE - size) - 1);
    stream[words + 1] = -1;
    streamEnd = words + 1;
  }

  /** DECODE (§C.3.2). */
  private int mq(int context) {
    int state = memory[context];
    a -= J2kMqStates.qe(state);
    c -= J2kMqStates.qe(state);
    return (a - LEAST | c) >= 0 ? state & 1 : exchange(context, state, a, c);
  }

  /**
   * The rest of DECODE, after Qe was taken from both registers and left A too small or C negative: conditional
   * exchange and renormalization. Leaves the registers in the fields.
   */
  private int exchange(int context, int state, long interval, long code) {
    // Without branches, for none of them could be foretold.
    long qe = J2kMqStates.qe(state);
    // All ones where the code lies in the lower sub-interval, Qe, which then is the interval.
    long lower = code >> 63;
    int less = (int) (interval - qe >>> 63 ^ lower & 1);
    memory[context] = J2kMqStates.after(state, less);
    long next = interval ^ (interval ^ qe) & lower;
    // RENORMD (§C.3.3) at once.
    int shift = Long.numberOfLeadingZeros(next) - LEADING_ZEROS;
    a = next << shift;
    c = code + (qe & lower) << shift;
    count -= shift;
    if (count < 0) {
      c += (stream[position] & 0xFFFFFFFFL) << -count;
      position = Math.min(position + 1, streamEnd);
      count += Integer.SIZE;
    }
    return (state ^ less) & 1;
  }

  private void startRaw() {
    position = 0;
    rawByte = 0;
    rawCount = 0;
  }

  /** §D.6: after X'FF' a byte has seven bits; ones follow the segment's end. */
  private int rawBit() {
    if (rawCount == 0) {
      rawCount = rawByte == 0xFF ? 7 : 8;
      rawByte = position < segmentEnd ? segment[position++] & 0xFF : 0xFF;
    }
    return rawByte >> --rawCount & 1;
  }

  /** §D.3.1. */
  private void significancePass(int plane) {
    int[] m = memory;
    long interval = a;
    long code = c;
    for (int y = 0; y < height; y += STRIPE) {
      int all = rows(y);
      int word = word(y);
      for (int end = word + width; word < end; word++) {
        int f = m[word];
        if ((f & WINDOW) == 0) {
          continue;
        }
        int rows = reached(f) & all;
        while (rows != 0) {
          int row = Integer.numberOfTrailingZeros(rows);
          int context = m[TABLE + (f >>> row & NEIGHBOURS)];
          int state = m[context];
          interval -= J2kMqStates.qe(state);
          code -= J2kMqStates.qe(state);
          int bit = state & 1;
          if ((interval - LEAST | code) < 0) {
            bit = exchange(context, state, interval, code);
            interval = a;
            code = c;
          }
          f |= VISITED << row;
          rows &= rows - 1;
          if (bit != 0) {
            m[word] = f;
            a = interval;
            c = code;
            becomesSignificant(word, row, plane, false);
            interval = a;
            code = c;
            f = m[word];
            // The rows below it may have been reached now.
            rows = reached(f) & all & -8 << row;
          }
        }
        m[word] = f;
      }
    }
    a = interval;
    c = code;
  }

  private void rawSignificancePass(int plane) {
    int[] m = memory;
    for (int y = 0; y < height; y += STRIPE) {
      int all = rows(y);
      int word = word(y);
      for (int end = word + width; word < end; word++) {
        int rows = reached(m[word]) & all;
        while (rows != 0) {
          int row = Integer.numberOfTrailingZeros(rows);
          m[word] |= VISITED << row;
          rows &= rows - 1;
          if (rawBit() != 0) {
            becomesSignificant(word, row, plane, true);
            rows = reached(m[word]) & all & -8 << row;
          }
        }
      }
    }
  }

  /** The rows, of a column's flags, that are insignificant and have a significant neighbour. */
  private static int reached(int f) {
    int any = (f | f >> 1 | f >> 2) & 0x9249;
    return (any | any >> 3 | any >> 6) & ~(f >> 4) & ROWS;
  }

  /** The rows that the stripe from y on has. */
  private int rows(int y) {
    return height - y >= STRIPE ? ROWS : ROWS & (1 << 3 * (height - y)) - 1;
  }

  /** Index of the first column's flags of y's stripe. */
  private int word(int y) {
    return FLAGS + (y / STRIPE + 1) * (width + 2) + 1;
  }

  /** §D.3.3. */
  private void refinementPass(int plane) {
    int[] m = memory;
    int half = 1 << plane;
    long interval = a;
    long code = c;
    for (int y = 0; y < height; y += STRIPE) {
      int word = word(y);
      for (int end = word + width; word < end; word++) {
        int f = m[word];
        int rows = f >> 4 & ~(f >> 18) & ROWS;
        if (rows == 0) {
          continue;
        }
        m[word] = f | rows * REFINED;
        int contexts = refinementContexts(f);
        do {
          int row = Integer.numberOfTrailingZeros(rows);
          rows &= rows - 1;
          int context = REFINEMENT_CONTEXT + (contexts >> row & 3);
          int state = m[context];
          interval -= J2kMqStates.qe(state);
          code -= J2kMqStates.qe(state);
          int bit = state & 1;
          if ((interval - LEAST | code) < 0) {
            bit = exchange(context, state, interval, code);
            interval = a;
            code = c;
          }
          refine(value(word, row), bit, half);
        } while (rows != 0);
      }
    }
    a = interval;
    c = code;
  }

  private void rawRefinementPass(int plane) {
    int[] m = memory;
    for (int y = 0; y < height; y += STRIPE) {
      int word = word(y);
      for (int end = word + width; word < end; word++) {
        int rows = m[word] >> 4 & ~(m[word] >> 18) & ROWS;
        m[word] |= rows * REFINED;
        for (; rows != 0; rows &= rows - 1) {
          refine(value(word, Integer.numberOfTrailingZeros(rows)), rawBit(), 1 << plane);
        }
      }
    }
  }

  /** Table D.4, at every row of a column's flags: 2 refined before, 1 with a significant neighbour, 0 neither. */
  private static int refinementContexts(int f) {
    int refined = f >> 19 & ROWS;
    int sides = (f | f >> 2) & 0x9249;
    int any = sides | f >> 1 & 0x9249;
    return 2 * refined | (any | sides >> 3 | any >> 6) & ROWS & ~refined;
  }

  /** Half a step up or down in magnitude: the bit tells in which half of the interval it lies. */
  private void refine(int index, int bit, int half) {
    int old = memory[index];
    int negative = old >> 31 ^ bit - 1;
    memory[index] = old + (half ^ negative) - negative;
  }

  /** Index of a sample's value. Rows are three apart. */
  private static int value(int word, int row) {
    return VALUES + STRIPE * word + (row * 11 >> 5);
  }

  /** §D.3.4. */
  private void cleanupPass(int plane) {
    int[] m = memory;
    long interval = a;
    long code = c;
    for (int y = 0; y < height; y += STRIPE) {
      int all = rows(y);
      int word = word(y);
      for (int end = word + width; word < end; word++) {
        int f = m[word];
        int rows = ~(f >> 4) & ~(f >> 18) & all;
        boolean known = false;
        if ((f & WINDOW) == 0 && all == ROWS) {
          int state = m[RUN_CONTEXT];
          interval -= J2kMqStates.qe(state);
          code -= J2kMqStates.qe(state);
          int bit = state & 1;
          if ((interval - LEAST | code) < 0) {
            bit = exchange(RUN_CONTEXT, state, interval, code);
            interval = a;
            code = c;
          }
          if (bit == 0) {
            continue;
          }
          a = interval;
          c = code;
          int first = mq(UNIFORM_CONTEXT) << 1;
          first |= mq(UNIFORM_CONTEXT);
          interval = a;
          code = c;
          rows &= -1 << 3 * first;
          known = true;
        }
        while (rows != 0) {
          int row = Integer.numberOfTrailingZeros(rows);
          rows &= rows - 1;
          int bit = 1;
          if (!known) {
            int context = m[TABLE + (f >>> row & NEIGHBOURS)];
            int state = m[context];
            interval -= J2kMqStates.qe(state);
            code -= J2kMqStates.qe(state);
            bit = state & 1;
            if ((interval - LEAST | code) < 0) {
              bit = exchange(context, state, interval, code);
              interval = a;
              code = c;
            }
          }
          known = false;
          if (bit != 0) {
            a = interval;
            c = code;
            becomesSignificant(word, row, plane, false);
            interval = a;
            code = c;
            f = m[word];
          }
        }
        m[word] = f & ~(ROWS * VISITED);
      }
    }
    a = interval;
    c = code;
  }

  /** §D.5. */
  private void segmentationSymbol(J2kCodeBlock block) throws CodecException {
    int symbol = 0;
    for (int i = 0; i < 4; i++) {
      symbol = symbol << 1 | mq(UNIFORM_CONTEXT);
    }
    if (symbol != 0xA) {
      throw new CodecException(block.chunkStart(0), "a code-block whose segmentation symbol is broken");
    }
  }

  /**
   * Decodes the sign of a sample (§D.3.2), gives it its first value, and tells its own word of flags and those of its
   * neighbours. Too long to be inlined, which is as well: the passes would keep what they need in memory.
   */
  private void becomesSignificant(int word, int row, int plane, boolean raw) {
    int[] m = memory;
    int f = m[word];
    int window = f >>> row;
    int aboveSign = row == 0 ? NEGATIVE_ABOVE : NEGATIVE << row - 3;
    int belowSign = row == 9 ? NEGATIVE_BELOW : NEGATIVE << row + 3;
    int own = NEGATIVE << row;
    int index =
        window >> 1 & 1
            | window >> 6 & 2
            | window >> 1 & 4
            | window >> 2 & 8
            | ((f & aboveSign) != 0 ? 16 : 0)
            | ((f & belowSign) != 0 ? 32 : 0)
            | ((m[word - 1] & own) != 0 ? 64 : 0)
            | ((m[word + 1] & own) != 0 ? 128 : 0);
    int coding = SIGN_CODING[index];
    int sign = raw ? rawBit() : mq(coding & 0x7F) ^ coding >>> 31;
    m[value(word, row)] = (3 << plane ^ -sign) + sign;
    m[word] = f | (SELF | sign * NEGATIVE) << row;
    m[word - 1] |= SELF << 1 + row;
    m[word + 1] |= SELF >> 1 << row;
    if (row == 0 && !causal) {
      int above = word - width - 2;
      m[above] |= 1 << 16 | sign * NEGATIVE_BELOW;
      m[above - 1] |= 1 << 17;
      m[above + 1] |= 1 << 15;
    } else if (row == 9) {
      int below = word + width + 2;
      m[below] |= 1 << 1 | sign * NEGATIVE_ABOVE;
      m[below - 1] |= 1 << 2;
      m[below + 1] |= 1;
    }
  }
}

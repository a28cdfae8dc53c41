package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * Decodes the bit planes of JPEG 2000 code-blocks (ITU-T T.800 annex D) with the MQ decoder (annex C). One is
 * used for many blocks.
 *
 * <p>A block is scanned in stripes of four rows, column by column. The samples that a pass has to decode are bits in
 * the order of the scan, one word for a group of sixteen columns of a stripe, so that the next sample is the next bit:
 * tests for each column and each row could not be foretold, and took most of the time. Each column of a stripe
 * has besides a word of flags, which tells of the neighbours, so that a context is a shift and a look-up:
 *
 * <pre>
 * bits 0 to 17           significance of rows -1 to 4, three columns each: left, this, right
 * bits 18, 21, ... 30    signs of rows -1 to 3
 * bit 19                 sign of row 4
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

  /** Columns of a stripe that are a group. */
  private static final int GROUP = Long.SIZE / STRIPE;

  /** Of a group, the samples of each column's first row, and of its last. */
  private static final long FIRST_ROW = 0x1111111111111111L;

  private static final long LAST_ROW = FIRST_ROW << STRIPE - 1;

  /**
   * For a sample of row 0 to 3, a byte each: its neighbours of the same stripe that are scanned after it, as bits behind
   * its own. They are below it, and above, beside and below it in the next column.
   */
  private static final int LATER = 0x183A3A32;

  /** 0.75 in the standard's terms: A is renormalized to at least this. */
  private static final int LEAST = 0x8000 << J2kMqStates.LOW_BITS;

  private static final int LEADING_ZEROS = Integer.numberOfLeadingZeros(LEAST);

  /** What of C lies below what is compared with Qe. */
  private static final int AHEAD = (1 << J2kMqStates.LOW_BITS) - 1;

  private static final int FIRST_BYPASSED_PASS = 10;
  private static final int WINDOW = 0x3FFFF;
  private static final int NEIGHBOURS = 0x1EF;
  private static final int SELF = 1 << 4;
  private static final int NEGATIVE = 1 << 21;
  private static final int NEGATIVE_ABOVE = 1 << 18;
  private static final int NEGATIVE_BELOW = 1 << 19;

  private static final int SIGN_CONTEXT = 9;
  private static final int REFINEMENT_CONTEXT = 14;
  private static final int RUN_CONTEXT = 17;
  private static final int UNIFORM_CONTEXT = 18;
  private static final int CONTEXTS = 19;

  /**
   * Where {@link #memory} has the registers of the MQ decoder (§C.3.1). That of A holds how far it is above the
   * least. Below what is compared with Qe, that of C holds the next bits, a one behind them, then zeros.
   */
  private static final int A = CONTEXTS;

  private static final int C = A + 1;

  /**
   * Where it has, for a sample of row 0 to 3: how far away the word of flags is of its column in the stripe of which it
   * is a neighbour, above or below; the flag that tells of it in the word to the right of that; and that of its sign.
   */
  private static final int BEYOND = C + 1;

  private static final int BEYOND_FLAG = BEYOND + STRIPE;
  private static final int BEYOND_SIGN = BEYOND_FLAG + STRIPE;

  /** Where it has the zero coding table, the flags, and the four values of the flags' word 0. */
  private static final int TABLE = 40;

  private static final int FLAGS = TABLE + 512;

  /** A code-block has 4096 samples, 1024 columns and 1024 rows at most: in one stripe it takes the most. */
  private static final int MOST_WORDS = (1024 + 2) * 3;

  private static final int VALUES = FLAGS + MOST_WORDS - STRIPE * FLAGS;

  /** Words for groups, where there is one column of them. */
  private static final int MOST_GROUPS = (1024 / STRIPE + 2) * 3;

  /** Table D.1 by the nine bits of a sample's window, for LL and LH, HL, HH. */
  private static final int[][] ZERO_CODING = {
    zeroCoding(false, false), zeroCoding(true, false), zeroCoding(false, true)
  };

  /**
   * Tables D.2 and D.3, the XOR bit as 128. Index: bits 1, 3, 5 and 7 significance of north, west, east, south, as
   * they are in a sample's window; bits 0, 2, 4 and 6 whether they are negative.
   */
  private static final byte[] SIGN_CODING = signCoding();

  /** What {@link J2kMqStates} starts a block with (table D.7). */
  private static final int[] FIRST_STATES = firstStates();

  /**
   * The states of the contexts; registers; the block's table of {@link #ZERO_CODING}; its flags; its values, four for
   * each word of flags. In one array, for the passes have more to keep at hand than there are registers.
   */
  private final int[] memory = new int[FLAGS + (1 + STRIPE) * MOST_WORDS];

  /** The samples of each group that are significant; that the last significance propagation pass coded; that were refined. */
  private final long[] significant = new long[MOST_GROUPS];

  private final long[] visited = new long[MOST_GROUPS];
  private final long[] refined = new long[MOST_GROUPS];

  private int width;
  private int height;

  /** Groups of a stripe, with an empty one at either end. */
  private int groups;

  private boolean causal;

  /** The bytes of the segment being decoded. */
  private byte[] segment = new byte[0];

  private int segmentEnd;

  /** Its bits without those that were stuffed in, then ones, the last two words of which may be read for ever. */
  private int[] stream = new int[3];

  private int streamEnd;

  /** Of the next bit of the stream, or byte of the segment. */
  private long position;

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

  private static byte[] signCoding() {
    byte[] table = new byte[256];
    for (int i = 0; i < table.length; i++) {
      int v = Integer.signum(contribution(i, 0) + contribution(i, 6));
      int h = Integer.signum(contribution(i, 2) + contribution(i, 4));
      boolean flip = h < 0 || h == 0 && v < 0;
      int relative = flip ? -v : v;
      int context = h != 0 ? SIGN_CONTEXT + 3 + relative : SIGN_CONTEXT + relative;
      table[i] = (byte) (context | (flip ? 0x80 : 0));
    }
    return table;
  }

  private static int contribution(int index, int neighbour) {
    return (index >> neighbour + 1 & 1) * (1 - 2 * (index >> neighbour & 1));
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
    int stripes = (height + STRIPE - 1) / STRIPE + 2;
    int words = (width + 2) * stripes;
    groups = (width + GROUP - 1) / GROUP + 2;
    memory[BEYOND] = -width - 2;
    memory[BEYOND_FLAG] = causal ? 0 : 1 << 15;
    memory[BEYOND_SIGN] = causal ? 0 : NEGATIVE_BELOW;
    memory[BEYOND + STRIPE - 1] = width + 2;
    memory[BEYOND_FLAG + STRIPE - 1] = 1;
    memory[BEYOND_SIGN + STRIPE - 1] = NEGATIVE_ABOVE;
    System.arraycopy(ZERO_CODING[orientation], 0, memory, TABLE, ZERO_CODING[orientation].length);
    Arrays.fill(memory, FLAGS, FLAGS + words, 0);
    Arrays.fill(memory, FLAGS + MOST_WORDS, FLAGS + MOST_WORDS + STRIPE * words, 0);
    Arrays.fill(significant, 0, groups * stripes, 0);
    Arrays.fill(visited, 0, groups * stripes, 0);
    Arrays.fill(refined, 0, groups * stripes, 0);
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
    position = 0;
    memory[A] = 0;
    memory[C] = refilled(1 << J2kMqStates.LOW_BITS + 14);
  }

  /** All that BYTEIN (§C.3.4) would read: a byte behind X'FF' has seven bits and a carry; a marker ends it. */
  private void unstuff() {
    if (stream.length < segmentEnd / 4 + 3) {
      stream = new int[segmentEnd / 2 + 3];
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
    stream[words + 2] = -1;
    streamEnd = words + 1;
  }

  /** DECODE (§C.3.2). */
  private int mq(int[] m, int context) {
    return decode(m, context, m[A], m[C]);
  }

  /** DECODE of registers that are at hand; leaves them in memory. */
  private int decode(int[] m, int context, int above, int code) {
    int state = m[context];
    int qe = J2kMqStates.qe(state);
    return exchange(m, context, state, above - qe, code - qe);
  }

  /**
   * The rest of DECODE, after Qe was taken from both registers: where that left A too small or C negative, conditional
   * exchange and renormalization, else nothing. Leaves the registers in memory.
   */
  private int exchange(int[] m, int context, int state, int above, int code) {
    // Without branches, for none of them could be foretold, that there is nothing to do included.
    int qe = J2kMqStates.qe(state);
    int interval = above + LEAST;
    // All ones where the code lies in the lower sub-interval, Qe, which then is the interval.
    int lower = code >> 31;
    int less = interval - qe >> 31 ^ lower;
    m[context] = state ^ (state ^ J2kMqStates.after(state, less)) & (above | code) >> 31;
    int next = interval ^ (interval ^ qe) & lower;
    // RENORMD (§C.3.3) at once.
    int shift = Integer.numberOfLeadingZeros(next) - LEADING_ZEROS;
    m[A] = (next << shift) - LEAST;
    int renormalized = code + (qe & lower) << shift;
    m[C] = (renormalized & AHEAD) != 0 ? renormalized : refilled(renormalized);
    return J2kMqStates.symbol(state ^ less);
  }

  /** C with as many bits ahead as it can hold. */
  private int refilled(int code) {
    int missing = Integer.numberOfTrailingZeros(code);
    int word = (int) Math.min(position >> 5, streamEnd);
    long next = (long) stream[word] << 32 | stream[word + 1] & 0xFFFFFFFFL;
    next = next << (position & 31) >>> Long.SIZE - missing;
    position += missing;
    return code ^ 1 << missing | (int) next << 1 | 1;
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
      rawByte = position < segmentEnd ? segment[(int) position++] & 0xFF : 0xFF;
    }
    return rawByte >> --rawCount & 1;
  }

  /** §D.3.1. */
  private void significancePass(int plane) {
    int[] m = memory;
    int above = m[A];
    int code = m[C];
    for (int y = 0; y < height; y += STRIPE) {
      for (int x = 0; x < width; x += GROUP) {
        int group = group(x, y);
        long samples = neighbours(group) & insignificant(group, x, y);
        int word = word(y) + x;
        long seen = 0;
        while (samples != 0) {
          int place = Long.numberOfTrailingZeros(samples);
          int context = m[TABLE + (m[word + (place >> 2)] >>> 3 * (place & 3) & NEIGHBOURS)];
          seen |= samples & -samples;
          samples &= samples - 1;
          int bit = decode(m, context, above, code);
          above = m[A];
          code = m[C];
          if (bit != 0) {
            becomesSignificant(m, group, word, place, plane, false);
            above = m[A];
            code = m[C];
            samples |= later(place) & insignificant(group, x, y);
          }
        }
        visited[group] = seen;
      }
    }
    m[A] = above;
    m[C] = code;
  }

  private void rawSignificancePass(int plane) {
    for (int y = 0; y < height; y += STRIPE) {
      for (int x = 0; x < width; x += GROUP) {
        int group = group(x, y);
        long samples = neighbours(group) & insignificant(group, x, y);
        long seen = 0;
        while (samples != 0) {
          int place = Long.numberOfTrailingZeros(samples);
          seen |= samples & -samples;
          samples &= samples - 1;
          if (rawBit() != 0) {
            becomesSignificant(memory, group, word(y) + x, place, plane, true);
            samples |= later(place) & insignificant(group, x, y);
          }
        }
        visited[group] = seen;
      }
    }
  }

  /** Index of a group's word. */
  private int group(int x, int y) {
    return (y / STRIPE + 1) * groups + 1 + x / GROUP;
  }

  /** Those of a group's samples that exist and are not significant. */
  private long insignificant(int group, int x, int y) {
    long columns = width - x >= GROUP ? -1 : (1L << STRIPE * (width - x)) - 1;
    long rows = height - y >= STRIPE ? -1 : FIRST_ROW * ((1 << height - y) - 1);
    return columns & rows & ~significant[group];
  }

  /** Those of a group that have a significant neighbour. */
  private long neighbours(int group) {
    long vertical = vertical(group);
    long column = vertical | significant[group];
    long before = vertical(group - 1) | significant[group - 1];
    long behind = vertical(group + 1) | significant[group + 1];
    return vertical | column << STRIPE | column >>> STRIPE | before >>> -STRIPE | behind << -STRIPE;
  }

  /** Those of a group that have a significant neighbour above or below. */
  private long vertical(int group) {
    long own = significant[group];
    long below = causal ? 0 : significant[group + groups];
    return own << 1 & ~FIRST_ROW
        | own >>> 1 & ~LAST_ROW
        | significant[group - groups] >>> STRIPE - 1 & FIRST_ROW
        | below << STRIPE - 1 & LAST_ROW;
  }

  /** Those neighbours of a sample that a scan of its group has still before it. */
  private static long later(int place) {
    return (LATER >>> Byte.SIZE * (place & 3) & 0xFFL) << place;
  }

  /** Index of the first column's flags of y's stripe. */
  private int word(int y) {
    return FLAGS + (y / STRIPE + 1) * (width + 2) + 1;
  }

  /** §D.3.3. */
  private void refinementPass(int plane) {
    int[] m = memory;
    int half = 1 << plane;
    int above = m[A];
    int code = m[C];
    for (int y = 0; y < height; y += STRIPE) {
      for (int x = 0; x < width; x += GROUP) {
        int group = group(x, y);
        long samples = significant[group] & ~visited[group];
        if (samples == 0) {
          continue;
        }
        // Table D.4.
        long again = refined[group];
        long first = neighbours(group) & ~again;
        refined[group] = again | samples;
        int value = VALUES + STRIPE * (word(y) + x);
        do {
          int place = Long.numberOfTrailingZeros(samples);
          samples &= samples - 1;
          int context = REFINEMENT_CONTEXT + 2 * (int) (again >>> place & 1) + (int) (first >>> place & 1);
          int bit = decode(m, context, above, code);
          above = m[A];
          code = m[C];
          refine(m, value + place, bit, half);
        } while (samples != 0);
      }
    }
    m[A] = above;
    m[C] = code;
  }

  private void rawRefinementPass(int plane) {
    for (int y = 0; y < height; y += STRIPE) {
      for (int x = 0; x < width; x += GROUP) {
        int group = group(x, y);
        long samples = significant[group] & ~visited[group];
        refined[group] |= samples;
        for (; samples != 0; samples &= samples - 1) {
          int place = Long.numberOfTrailingZeros(samples);
          refine(memory, VALUES + STRIPE * (word(y) + x) + place, rawBit(), 1 << plane);
        }
      }
    }
  }

  /** Half a step up or down in magnitude: the bit tells in which half of the interval it lies. */
  private static void refine(int[] m, int index, int bit, int half) {
    int old = m[index];
    int negative = old >> 31 ^ bit - 1;
    m[index] = old + (half ^ negative) - negative;
  }

  /** §D.3.4. */
  private void cleanupPass(int plane) {
    int[] m = memory;
    int above = m[A];
    int code = m[C];
    for (int y = 0; y < height; y += STRIPE) {
      int partial = height - y >= STRIPE ? 0 : 1;
      for (int x = 0; x < width; x += GROUP) {
        int group = group(x, y);
        long samples = insignificant(group, x, y) & ~visited[group];
        int word = word(y) + x;
        while (samples != 0) {
          int place = Long.numberOfTrailingZeros(samples);
          int f = m[word + (place >> 2)];
          if ((f & WINDOW | place & 3 | partial) == 0) {
            // No sample of the column has a significant neighbour, so none was coded before.
            int column = word + (place >> 2);
            int end = word + Math.min(GROUP, width - x);
            int symbol;
            // One context, whose more probable symbol is by far more probable: here a branch can be foretold.
            do {
              int state = m[RUN_CONTEXT];
              above -= J2kMqStates.qe(state);
              code -= J2kMqStates.qe(state);
              symbol = J2kMqStates.symbol(state);
              if ((above | code) < 0) {
                symbol = exchange(m, RUN_CONTEXT, state, above, code);
                above = m[A];
                code = m[C];
              }
              column++;
            } while (symbol == 0 && column < end && (m[column] & WINDOW) == 0);
            place = STRIPE * (column - word - 1);
            if (symbol != 0) {
              m[A] = above;
              m[C] = code;
              place += mq(m, UNIFORM_CONTEXT) << 1;
              place += mq(m, UNIFORM_CONTEXT);
              becomesSignificant(m, group, word, place, plane, false);
              above = m[A];
              code = m[C];
              samples &= -2L << place;
            } else {
              samples &= -1L << STRIPE << place;
            }
            continue;
          }
          int context = m[TABLE + (f >>> 3 * (place & 3) & NEIGHBOURS)];
          samples &= samples - 1;
          int bit = decode(m, context, above, code);
          above = m[A];
          code = m[C];
          if (bit != 0) {
            becomesSignificant(m, group, word, place, plane, false);
            above = m[A];
            code = m[C];
          }
        }
      }
    }
    m[A] = above;
    m[C] = code;
  }

  /** §D.5. */
  private void segmentationSymbol(J2kCodeBlock block) throws CodecException {
    int symbol = 0;
    for (int i = 0; i < 4; i++) {
      symbol = symbol << 1 | mq(memory, UNIFORM_CONTEXT);
    }
    if (symbol != 0xA) {
      throw new CodecException(block.chunkStart(0), "a code-block whose segmentation symbol is broken");
    }
  }

  /**
   * Decodes the sign of a sample (§D.3.2), gives it its first value, and tells its own word of flags and those of its
   * neighbours. Too long to be inlined, which is as well: the passes would keep what they need in memory.
   *
   * @param first index of the group's first word of flags
   * @param place of the sample in the group
   */
  private void becomesSignificant(int[] m, int group, int first, int place, int plane, boolean raw) {
    int word = first + (place >> 2);
    int row = 3 * (place & 3);
    int f = m[word];
    int left = m[word - 1];
    int right = m[word + 1];
    // That of row 4 where it would be if there were room.
    long signs = f | (long) (f & NEGATIVE_BELOW) << 33 - 19;
    int index =
        f >>> row & 0xAA
            | (int) (signs >>> row + 18) & 0x41
            | left >>> row >>> 19 & 4
            | right >>> row >>> 17 & 16;
    int coding = SIGN_CODING[index];
    int sign = raw ? rawBit() : mq(m, coding & 0x7F) ^ coding >>> 31;
    m[VALUES + STRIPE * first + place] = (3 << plane ^ -sign) + sign;
    significant[group] |= 1L << place;
    m[word] = f | (SELF | sign * NEGATIVE) << row;
    m[word - 1] = left | SELF << 1 + row;
    m[word + 1] = right | SELF >> 1 << row;
    // Without branches again: a sample of the middle rows tells nothing, to its own column.
    int beyond = word + m[BEYOND + (place & 3)];
    int flag = m[BEYOND_FLAG + (place & 3)];
    m[beyond] |= 2 * flag | sign * m[BEYOND_SIGN + (place & 3)];
    m[beyond - 1] |= 4 * flag;
    m[beyond + 1] |= flag;
  }
}

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

  /** 0.75 in the standard's terms: A is renormalized to at least this. */
  private static final int HALF = 0x8000 << 8;

  private static final int FIRST_BYPASSED_PASS = 10;
  private static final int STRIPE = 4;
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

  /** Table D.1 by the nine bits of a sample's window, for LL and LH, HL, HH. */
  private static final byte[][] ZERO_CODING = {
    zeroCoding(false, false), zeroCoding(true, false), zeroCoding(false, true)
  };

  /** Tables D.2 and D.3 by significance and sign of the four neighbours: context, and in bit 7 the XOR bit. */
  private static final byte[] SIGN_CODING = signCoding();

  /** What {@link J2kMqStates} starts a block with (table D.7). */
  private static final int[] FIRST_STATES = firstStates();

  private final int[] contexts = new int[CONTEXTS];
  private int[] flags = new int[0];
  private int[] values = new int[0];
  private byte[] zeroCoding = ZERO_CODING[0];
  private int width;
  private int height;
  private boolean causal;

  /** The bytes of the segment being decoded, then two X'FF', which an MQ decoder may read for ever. */
  private byte[] segment = new byte[0];

  private int position;
  private int segmentEnd;

  /**
   * The registers of the MQ decoder (§C.3.1), both 8 bits lower than in the standard, whose low bits of C are
   * unused, and both less {@link #slack}. In a bypassed pass c holds the raw byte.
   */
  private int a;

  private int c;

  /**
   * What may be taken from A and C before anything but the more probable symbol can come: so a symbol costs a
   * subtraction and a comparison (Taubman and Marcellin, JPEG2000, §17.1.1).
   */
  private int slack;

  /** CT: bits before the next byte is needed. */
  private int count;

  private static byte[] zeroCoding(boolean swapped, boolean diagonal) {
    byte[] table = new byte[512];
    for (int i = 0; i < table.length; i++) {
      int h = (i >> 3 & 1) + (i >> 5 & 1);
      int v = (i >> 1 & 1) + (i >> 7 & 1);
      int d = (i & 1) + (i >> 2 & 1) + (i >> 6 & 1) + (i >> 8 & 1);
      table[i] = (byte) (diagonal ? diagonalContext(h + v, d) : swapped ? context(v, h, d) : context(h, v, d));
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
   * Decodes a block. Afterwards {@link #values} holds its coefficients row by row, doubled: the last bit is half
   * a step of the last bit plane that was decoded of a coefficient (§E.1.1.2, r = 1/2).
   *
   * @param orientation 0 for LL and LH, 1 for HL, 2 for HH
   * @param planes magnitude bit planes that are coded, {@link #MAX_PLANES} at most
   */
  void decode(byte[] data, J2kCodeBlock block, int orientation, int planes, int style) throws CodecException {
    width = block.width;
    height = block.height;
    zeroCoding = ZERO_CODING[orientation];
    causal = (style & VERTICALLY_CAUSAL) != 0;
    int words = (width + 2) * ((height + STRIPE - 1) / STRIPE + 2);
    if (flags.length < words) {
      flags = new int[words];
    }
    if (values.length < width * height) {
      values = new int[width * height];
    }
    Arrays.fill(flags, 0, words, 0);
    Arrays.fill(values, 0, width * height, 0);
    System.arraycopy(FIRST_STATES, 0, contexts, 0, CONTEXTS);
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
          case 0 -> significancePass(plane, raw);
          case 1 -> refinementPass(plane, raw);
          default -> {
            cleanupPass(plane);
            if ((style & SEGMENTATION_SYMBOLS) != 0) {
              segmentationSymbol(block);
            }
          }
        }
        if ((style & RESET) != 0) {
          System.arraycopy(FIRST_STATES, 0, contexts, 0, CONTEXTS);
        }
      }
    }
  }

  int[] values() {
    return values;
  }

  /** Joins the pieces of a segment, which layers have split; returns the next piece. */
  private int gather(byte[] data, J2kCodeBlock block, int first, int passes) {
    int chunk = first;
    int length = 0;
    for (int got = 0; got < passes; got += block.chunkPasses(chunk++)) {
      length += block.chunkLength(chunk);
    }
    if (segment.length < length + 2) {
      segment = new byte[Math.max(length + 2, 2 * segment.length)];
    }
    int at = 0;
    for (int i = first; i < chunk; i++) {
      System.arraycopy(data, block.chunkStart(i), segment, at, block.chunkLength(i));
      at += block.chunkLength(i);
    }
    segment[at] = -1;
    segment[at + 1] = -1;
    segmentEnd = at;
    return chunk;
  }

  /** INITDEC (§C.3.5). */
  private void startMq() {
    position = 0;
    c = (segment[0] & 0xFF) << 8;
    byteIn();
    c <<= 7;
    count -= 7;
    a = HALF;
    slack = 0;
    takeSlack();
  }

  private void takeSlack() {
    slack = Math.min(a - HALF, c);
    a -= slack;
    c -= slack;
  }

  /** BYTEIN (§C.3.4); the two X'FF' behind the segment keep it from leaving. */
  private void byteIn() {
    if (segment[position] == -1) {
      int next = segment[position + 1] & 0xFF;
      if (next > 0x8F) {
        c += 0xFF;
        count = 8;
      } else {
        position++;
        c += next << 1;
        count = 7;
      }
    } else {
      position++;
      c += segment[position] & 0xFF;
      count = 8;
    }
  }

  /** DECODE (§C.3.2). */
  private int mq(int context) {
    int state = contexts[context];
    slack -= state & J2kMqStates.QE;
    return slack >= 0 ? state & 1 : exchange(context, state, slack);
  }

  /**
   * The rest of DECODE, after Qe was taken from the slack and left it negative: conditional exchange and
   * renormalization.
   */
  private int exchange(int context, int state, int left) {
    // Without branches, for none of them could be foretold.
    int qe = state & J2kMqStates.QE;
    int interval = a + left;
    int code = c + left;
    // All ones where the code lies in the lower sub-interval, Qe, which then is the interval.
    int lower = code >> 31;
    int less = interval - qe >>> 31 ^ lower & 1;
    c = code + (qe & lower);
    interval ^= (interval ^ qe) & lower;
    contexts[context] = J2kMqStates.after(state, less);
    // RENORMD (§C.3.3), by as many bits at a time as there are.
    int shift = Integer.numberOfLeadingZeros(interval) - 8;
    a = interval << shift;
    while (shift > 0) {
      if (count == 0) {
        byteIn();
      }
      int bits = Math.min(shift, count);
      c <<= bits;
      count -= bits;
      shift -= bits;
    }
    takeSlack();
    return (state ^ less) & 1;
  }

  private void startRaw() {
    position = 0;
    c = 0;
    count = 0;
  }

  /** §D.6: after X'FF' a byte has seven bits; ones follow the segment's end. */
  private int rawBit() {
    if (count == 0) {
      count = c == 0xFF ? 7 : 8;
      c = position < segmentEnd ? segment[position++] & 0xFF : 0xFF;
    }
    return c >> --count & 1;
  }

  /** §D.3.1. */
  private void significancePass(int plane, boolean raw) {
    int[] words = flags;
    int[] states = contexts;
    byte[] table = zeroCoding;
    int value = 3 << plane;
    int room = slack;
    for (int y = 0; y < height; y += STRIPE) {
      int all = rows(y);
      int word = word(y);
      int at = y * width;
      for (int end = at + width; at < end; at++, word++) {
        int f = words[word];
        if ((f & WINDOW) == 0) {
          continue;
        }
        int rows = reached(f) & all;
        while (rows != 0) {
          int row = Integer.numberOfTrailingZeros(rows);
          int bit;
          if (raw) {
            bit = rawBit();
          } else {
            int context = table[f >>> row & NEIGHBOURS];
            int state = states[context];
            room -= state & J2kMqStates.QE;
            bit = state & 1;
            if (room < 0) {
              bit = exchange(context, state, room);
              room = slack;
            }
          }
          f |= VISITED << row;
          rows &= rows - 1;
          if (bit != 0) {
            words[word] = f;
            slack = room;
            int sign = raw ? rawBit() : sign(word, row);
            room = slack;
            values[at + row / 3 * width] = sign == 0 ? value : -value;
            becomesSignificant(word, row, sign);
            f = words[word];
            // The rows below it may have been reached now.
            rows = reached(f) & all & -8 << row;
          }
        }
        words[word] = f;
      }
    }
    slack = room;
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

  /** Index of the first column's flags of the stripe from y on. */
  private int word(int y) {
    return (y / STRIPE + 1) * (width + 2) + 1;
  }

  /** §D.3.3. */
  private void refinementPass(int plane, boolean raw) {
    int[] words = flags;
    int[] states = contexts;
    int[] into = values;
    int half = 1 << plane;
    int room = slack;
    for (int y = 0; y < height; y += STRIPE) {
      int word = word(y);
      int at = y * width;
      for (int end = at + width; at < end; at++, word++) {
        int f = words[word];
        int rows = f >> 4 & ~(f >> 18) & ROWS;
        if (rows == 0) {
          continue;
        }
        words[word] = f | rows * REFINED;
        do {
          int row = Integer.numberOfTrailingZeros(rows);
          rows &= rows - 1;
          int bit;
          if (raw) {
            bit = rawBit();
          } else {
            int context = REFINEMENT_CONTEXT;
            if ((f >> row & REFINED) != 0) {
              context += 2;
            } else if ((f >>> row & NEIGHBOURS) != 0) {
              context++;
            }
            int state = states[context];
            room -= state & J2kMqStates.QE;
            bit = state & 1;
            if (room < 0) {
              bit = exchange(context, state, room);
              room = slack;
            }
          }
          // Half a step up or down in magnitude: the bit tells in which half of the interval it lies.
          int index = at + row / 3 * width;
          int old = into[index];
          int sign = old >> 31;
          int up = bit != 0 ? half : -half;
          into[index] = old + (up ^ sign) - sign;
        } while (rows != 0);
      }
    }
    slack = room;
  }

  /** §D.3.4. */
  private void cleanupPass(int plane) {
    int[] words = flags;
    int[] states = contexts;
    byte[] table = zeroCoding;
    int value = 3 << plane;
    int room = slack;
    for (int y = 0; y < height; y += STRIPE) {
      int all = rows(y);
      int word = word(y);
      int at = y * width;
      for (int end = at + width; at < end; at++, word++) {
        int f = words[word];
        int rows = ~(f >> 4) & ~(f >> 18) & all;
        boolean known = false;
        if ((f & WINDOW) == 0 && all == ROWS) {
          int state = states[RUN_CONTEXT];
          room -= state & J2kMqStates.QE;
          int bit = state & 1;
          if (room < 0) {
            bit = exchange(RUN_CONTEXT, state, room);
            room = slack;
          }
          if (bit == 0) {
            continue;
          }
          slack = room;
          int first = mq(UNIFORM_CONTEXT) << 1;
          first |= mq(UNIFORM_CONTEXT);
          room = slack;
          rows &= -1 << 3 * first;
          known = true;
        }
        while (rows != 0) {
          int row = Integer.numberOfTrailingZeros(rows);
          rows &= rows - 1;
          int bit = 1;
          if (!known) {
            int context = table[f >>> row & NEIGHBOURS];
            int state = states[context];
            room -= state & J2kMqStates.QE;
            bit = state & 1;
            if (room < 0) {
              bit = exchange(context, state, room);
              room = slack;
            }
          }
          known = false;
          if (bit != 0) {
            slack = room;
            int sign = sign(word, row);
            room = slack;
            values[at + row / 3 * width] = sign == 0 ? value : -value;
            becomesSignificant(word, row, sign);
            f = words[word];
          }
        }
        words[word] = f & ~(ROWS * VISITED);
      }
    }
    slack = room;
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

  /** §D.3.2: 1 if negative. Rows are three apart. */
  private int sign(int word, int row) {
    int f = flags[word];
    int window = f >>> row;
    int above = row == 0 ? NEGATIVE_ABOVE : NEGATIVE << row - 3;
    int below = row == 9 ? NEGATIVE_BELOW : NEGATIVE << row + 3;
    int own = NEGATIVE << row;
    int index =
        window >> 1 & 1
            | window >> 6 & 2
            | window >> 1 & 4
            | window >> 2 & 8
            | ((f & above) != 0 ? 16 : 0)
            | ((f & below) != 0 ? 32 : 0)
            | ((flags[word - 1] & own) != 0 ? 64 : 0)
            | ((flags[word + 1] & own) != 0 ? 128 : 0);
    int coding = SIGN_CODING[index];
    return mq(coding & 0x7F) ^ coding >>> 31;
  }

  /** Tells a sample's own word and those of its neighbours. */
  private void becomesSignificant(int word, int row, int sign) {
    int[] words = flags;
    words[word] |= (SELF | sign * NEGATIVE) << row;
    words[word - 1] |= SELF << 1 + row;
    words[word + 1] |= SELF >> 1 << row;
    if (row == 0 && !causal) {
      int above = word - width - 2;
      words[above] |= 1 << 16 | sign * NEGATIVE_BELOW;
      words[above - 1] |= 1 << 17;
      words[above + 1] |= 1 << 15;
    } else if (row == 9) {
      int below = word + width + 2;
      words[below] |= 1 << 1 | sign * NEGATIVE_ABOVE;
      words[below - 1] |= 1 << 2;
      words[below + 1] |= 1;
    }
  }
}

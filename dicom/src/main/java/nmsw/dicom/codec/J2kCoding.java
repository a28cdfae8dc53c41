package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * How a component is coded (ITU-T T.800 §A.6.1, table A.15).
 *
 * @param levels of the wavelet transform, 0 to 32
 * @param blockWidthExponent xcb: a code-block is at most 2^xcb wide
 * @param blockHeightExponent ycb
 * @param style code-block style (table A.19)
 * @param reversible the 5-3 transform, else the 9-7
 * @param precincts exponents of the precinct sizes from the lowest resolution on, PPx in bits 0 to 3, PPy in 4 to 7
 */
record J2kCoding(
    int levels, int blockWidthExponent, int blockHeightExponent, int style, boolean reversible, int[] precincts) {
  private static final int PREDICTABLE_TERMINATION = 16;
  private static final int KNOWN_STYLES =
      J2kBlockDecoder.BYPASS
          | J2kBlockDecoder.RESET
          | J2kBlockDecoder.TERMINATE_ALL
          | J2kBlockDecoder.VERTICALLY_CAUSAL
          | PREDICTABLE_TERMINATION
          | J2kBlockDecoder.SEGMENTATION_SYMBOLS;

  /** Parses the SPcod or SPcoc parameters, the last ones of their segment. */
  static J2kCoding parse(JpegSegments segments, int at, boolean ownPrecincts) throws CodecException {
    int levels = segments.int8(at);
    int xcb = segments.int8(at + 1) + 2;
    int ycb = segments.int8(at + 2) + 2;
    int style = segments.int8(at + 3);
    int transform = segments.int8(at + 4);
    if (levels > 32 || xcb > 10 || ycb > 10 || xcb + ycb > 12 || transform > 1) {
      throw segments.bad("a coding style with " + levels + " levels, code-blocks of 2^" + xcb + " x 2^" + ycb
          + ", transform " + transform);
    }
    if ((style & ~KNOWN_STYLES) != 0) {
      throw segments.bad("code-block style " + style + ", which JPEG 2000 part 1 does not have");
    }
    int[] precincts = new int[levels + 1];
    Arrays.fill(precincts, 0xFF);
    segments.requireLength(at + 5 + (ownPrecincts ? precincts.length : 0));
    for (int i = 0; ownPrecincts && i < precincts.length; i++) {
      precincts[i] = segments.int8(at + 5 + i);
      if (i > 0 && ((precincts[i] & 0xF) == 0 || precincts[i] >> 4 == 0)) {
        throw segments.bad("a precinct that is one coefficient wide or high");
      }
    }
    return new J2kCoding(levels, xcb, ycb, style, transform == 1, precincts);
  }
}

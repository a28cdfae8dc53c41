package nmsw.dicom.codec;

/**
 * What the main header and a tile's own say of its coding (ITU-T T.800 §A.6). Whatever is set later wins, but a
 * component's own segments win over those for all components of the same header.
 */
final class J2kTileHeader {
  static final int LRCP = 0;
  static final int RLCP = 1;
  static final int RPCL = 2;
  private static final int LAST_PROGRESSION = 4;
  private static final int COD = 0xFF52;
  private static final int COC = 0xFF53;
  private static final int QCD = 0xFF5C;
  private static final int QCC = 0xFF5D;

  private int progression;
  private int layers;
  private J2kCoding coding;
  private J2kQuantization quantization;
  private boolean ownCoding;
  private boolean ownQuantization;

  J2kTileHeader() {}

  /** A tile's header begins as the main one. */
  J2kTileHeader(J2kTileHeader main) {
    progression = main.progression;
    layers = main.layers;
    coding = main.coding;
    quantization = main.quantization;
  }

  int progression() {
    return progression;
  }

  int layers() {
    return layers;
  }

  J2kCoding coding() {
    return coding;
  }

  J2kQuantization quantization() {
    return quantization;
  }

  boolean isComplete() {
    return layers > 0 && coding != null && quantization != null;
  }

  /** Takes a segment if it is one of these; the component is the only one, 0. */
  boolean take(int marker, JpegSegments segments) throws CodecException {
    switch (marker) {
      case COD -> {
        int style = segments.int8(0);
        progression = segments.int8(1);
        layers = segments.int16(2);
        if (style > 7 || progression > LAST_PROGRESSION || layers == 0) {
          throw segments.bad("coding style " + style + ", progression " + progression + ", " + layers + " layers");
        }
        J2kCoding parsed = J2kCoding.parse(segments, 5, (style & 1) != 0);
        coding = ownCoding ? coding : parsed;
      }
      case COC -> {
        requireComponent0(segments);
        coding = J2kCoding.parse(segments, 2, (segments.int8(1) & 1) != 0);
        ownCoding = true;
      }
      case QCD -> {
        J2kQuantization parsed = J2kQuantization.parse(segments, 0);
        quantization = ownQuantization ? quantization : parsed;
      }
      case QCC -> {
        requireComponent0(segments);
        quantization = J2kQuantization.parse(segments, 1);
        ownQuantization = true;
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static void requireComponent0(JpegSegments segments) throws CodecException {
    if (segments.int8(0) != 0) {
      throw segments.bad("a segment for component " + segments.int8(0) + ", there is one");
    }
  }
}

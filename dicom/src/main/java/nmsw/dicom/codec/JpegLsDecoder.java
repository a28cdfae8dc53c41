package nmsw.dicom.codec;

/**
 * JPEG-LS of one component, lossless and near-lossless (ITU-T T.87): the marker segments of annex C. Mapping
 * tables, interleaving, point transforms and restart intervals are refused.
 */
final class JpegLsDecoder {
  private static final int SOI = 0xFFD8;
  private static final int SOS = 0xFFDA;
  private static final int APP0 = 0xFFE0;
  private static final int APP15 = 0xFFEF;
  private static final int SOF55 = 0xFFF7;
  private static final int LSE = 0xFFF8;
  private static final int COM = 0xFFFE;
  private static final int PRESET_PARAMETERS = 1;

  private final JpegSegments segments;
  private final FrameFormat format;

  /** MAXVAL, T1, T2, T3 and RESET of an LSE segment; zeros are defaults. */
  private final int[] preset = new int[5];

  private int precision;
  private int component;

  private JpegLsDecoder(byte[] data, FrameFormat format) {
    this.segments = new JpegSegments(data);
    this.format = format;
  }

  static Samples decode(byte[] data, FrameFormat format) throws CodecException {
    return new JpegLsDecoder(data, format).decode();
  }

  private Samples decode() throws CodecException {
    segments.requireFirst(SOI, "SOI: this is no JPEG-LS image");
    while (true) {
      int marker = segments.next();
      if (marker == SOS) {
        return scan();
      } else if (marker == SOF55) {
        frame();
      } else if (marker == LSE) {
        presetParameters();
      } else if (!(marker >= APP0 && marker <= APP15) && marker != COM) {
        throw segments.bad(String.format("the marker %04X, which is not decoded in a JPEG-LS image", marker));
      }
    }
  }

  /** §C.2.2. */
  private void frame() throws CodecException {
    if (precision != 0) {
      throw segments.bad("a second frame header");
    }
    precision = segments.int8(0);
    if (precision < 2 || precision > 16) {
      throw segments.bad("a precision of " + precision + " bits");
    }
    if (segments.int8(5) != 1) {
      throw segments.bad(segments.int8(5) + " components, the image has one sample per pixel");
    }
    segments.requireLength(9);
    format.require(segments.at(), segments.int16(1), segments.int16(3), precision);
    component = segments.int8(6);
  }

  /** §C.2.4.1.1. */
  private void presetParameters() throws CodecException {
    if (segments.int8(0) != PRESET_PARAMETERS) {
      throw segments.bad("an LSE segment of type " + segments.int8(0) + "; only preset coding parameters are decoded");
    }
    segments.requireLength(1 + 2 * preset.length);
    for (int i = 0; i < preset.length; i++) {
      preset[i] = segments.int16(1 + 2 * i);
    }
  }

  /** §C.2.3. */
  private Samples scan() throws CodecException {
    if (precision == 0) {
      throw segments.bad("a scan before the frame header");
    }
    segments.requireLength(6);
    if (segments.int8(0) != 1 || segments.int8(1) != component) {
      throw segments.bad("a scan of other components than the frame's one");
    }
    if (segments.int8(2) != 0 || segments.int8(4) != 0 || segments.int8(5) != 0) {
      throw segments.bad("a scan with a mapping table, interleaving or point transform");
    }
    JpegLsParameters parameters = JpegLsParameters.of(precision, segments.int8(3), preset);
    if (parameters == null) {
      throw segments.bad("coding parameters that are out of range");
    }
    // A line has one bit at least.
    FrameFormat.requireBits(segments.data(), format.rows());
    JpegLsBits bits = new JpegLsBits(segments.data(), segments.end());
    return new Samples(new JpegLsScan(bits, parameters, format.columns()).decode(format), precision, Samples.Above.ANY);
  }
}

package nmsw.dicom.codec;

/**
 * JPEG of one component (ITU-T T.81): the sequential DCT processes, baseline and extended, with Huffman codes
 * and 8 or 12 bits, and the lossless process with Huffman codes and 2 to 16 bits (process 14). The stream says
 * which. Progressive, hierarchical and arithmetic processes are retired from DICOM and refused.
 */
final class JpegDecoder {
  private static final int SOI = 0xFFD8;
  private static final int SOF0 = 0xFFC0;
  private static final int SOF1 = 0xFFC1;
  private static final int SOF3 = 0xFFC3;
  private static final int DHT = 0xFFC4;
  private static final int SOF15 = 0xFFCF;
  private static final int SOS = 0xFFDA;
  private static final int DQT = 0xFFDB;
  private static final int DRI = 0xFFDD;
  private static final int APP0 = 0xFFE0;
  private static final int APP15 = 0xFFEF;
  private static final int COM = 0xFFFE;
  private static final int TABLES = 4;

  private final JpegSegments segments;
  private final FrameFormat format;
  private final HuffmanTable[] dcTables = new HuffmanTable[TABLES];
  private final HuffmanTable[] acTables = new HuffmanTable[TABLES];
  private final int[][] quantization = new int[TABLES][];
  private int restartInterval;
  private int process;
  private int precision;
  private int component;
  private int quantizationTable;

  private JpegDecoder(byte[] data, FrameFormat format) {
    this.segments = new JpegSegments(data);
    this.format = format;
  }

  static Samples decode(byte[] data, FrameFormat format) throws CodecException {
    return new JpegDecoder(data, format).decode();
  }

  private Samples decode() throws CodecException {
    segments.requireFirst(SOI, "SOI: this is no JPEG image");
    while (true) {
      int marker = segments.next();
      if (marker == SOS) {
        return scan();
      } else if (marker == DHT) {
        huffmanTables();
      } else if (marker == DQT) {
        quantizationTables();
      } else if (marker == DRI) {
        segments.requireLength(2);
        restartInterval = segments.int16(0);
      } else if (marker == SOF0 || marker == SOF1 || marker == SOF3) {
        frame(marker);
      } else if (marker > SOF0 && marker <= SOF15) {
        throw segments.bad(
            "a JPEG process that is not decoded, only baseline, extended sequential and lossless with Huffman codes");
      } else if (!(marker >= APP0 && marker <= APP15) && marker != COM) {
        throw segments.bad(String.format("the marker %04X, which does not belong there", marker));
      }
    }
  }

  /** §B.2.2. */
  private void frame(int marker) throws CodecException {
    if (process != 0) {
      throw segments.bad("a second frame header");
    }
    segments.requireAtLeast(6);
    process = marker;
    precision = segments.int8(0);
    boolean allowed =
        switch (marker) {
          case SOF0 -> precision == 8;
          case SOF1 -> precision == 8 || precision == 12;
          default -> precision >= 2 && precision <= 16;
        };
    if (!allowed) {
      throw segments.bad("a precision of " + precision + " bits, which the process does not have");
    }
    if (segments.int8(5) != 1) {
      throw segments.bad(segments.int8(5) + " components, the image has one sample per pixel");
    }
    segments.requireLength(9);
    format.require(segments.at(), segments.int16(1), segments.int16(3), precision);
    component = segments.int8(6);
    quantizationTable = segments.int8(8);
    if (quantizationTable >= TABLES) {
      throw segments.bad("quantization table " + quantizationTable);
    }
  }

  /** §B.2.4.2. */
  private void huffmanTables() throws CodecException {
    int at = 0;
    while (at < segments.length()) {
      segments.requireAtLeast(at + 17);
      int total = 0;
      for (int i = 1; i <= 16; i++) {
        total += segments.int8(at + i);
      }
      int target = segments.int8(at);
      if (total > 256 || (target & 0xF) >= TABLES || target >> 4 > 1) {
        throw segments.bad("a Huffman table of " + total + " codes for destination " + target);
      }
      segments.requireAtLeast(at + 17 + total);
      HuffmanTable table = new HuffmanTable(segments.data(), segments.at() + at + 1, total);
      (target >> 4 == 0 ? dcTables : acTables)[target & 0xF] = table;
      at += 17 + total;
    }
  }

  /** §B.2.4.1. */
  private void quantizationTables() throws CodecException {
    int at = 0;
    while (at < segments.length()) {
      int bytes = (segments.int8(at) >> 4) + 1;
      int target = segments.int8(at) & 0xF;
      if (bytes > 2 || target >= TABLES) {
        throw segments.bad("a quantization table with " + bytes + " bytes a value for destination " + target);
      }
      segments.requireAtLeast(at + 1 + 64 * bytes);
      int[] table = new int[64];
      for (int i = 0; i < 64; i++) {
        table[i] = bytes == 1 ? segments.int8(at + 1 + i) : segments.int16(at + 1 + 2 * i);
      }
      quantization[target] = table;
      at += 1 + 64 * bytes;
    }
  }

  /** §B.2.3. */
  private Samples scan() throws CodecException {
    if (process == 0) {
      throw segments.bad("a scan before the frame header");
    }
    segments.requireLength(6);
    if (segments.int8(0) != 1 || segments.int8(1) != component) {
      throw segments.bad("a scan of other components than the frame's one");
    }
    HuffmanTable dc = table(dcTables, segments.int8(2) >> 4);
    JpegBits bits = new JpegBits(segments.data(), segments.end());
    int start = segments.int8(3);
    int end = segments.int8(4);
    int high = segments.int8(5) >> 4;
    int low = segments.int8(5) & 0xF;
    if (process == SOF3) {
      if (start < 1 || start > 7 || high != 0 || low >= precision) {
        throw segments.bad("predictor " + start + ", point transform " + low);
      }
      // A difference has one bit at least.
      FrameFormat.requireBits(segments.data(), format.pixels());
      LosslessScan scan = new LosslessScan(bits, dc, start, precision, low);
      return new Samples(scan.decode(format, restartInterval, segments.at()), precision, Samples.Above.ANY);
    }
    if (start != 0 || end != 63 || high != 0 || low != 0) {
      throw segments.bad("a scan of a progressive process");
    }
    int[] quantizers = quantization[quantizationTable];
    if (quantizers == null) {
      throw segments.bad("quantization table " + quantizationTable + " is missing");
    }
    // A block has two bits at least.
    FrameFormat.requireBits(segments.data(), format.pixels() / 32);
    DctScan scan = new DctScan(bits, dc, table(acTables, segments.int8(2) & 0xF), quantizers, precision);
    return new Samples(scan.decode(format, restartInterval), precision, Samples.Above.ZERO);
  }

  private HuffmanTable table(HuffmanTable[] tables, int index) throws CodecException {
    if (index >= TABLES || tables[index] == null) {
      throw segments.bad("Huffman table " + index + " is missing");
    }
    return tables[index];
  }
}

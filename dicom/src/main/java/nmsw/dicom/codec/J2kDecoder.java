package nmsw.dicom.codec;

import java.util.Arrays;

/**
 * A JPEG 2000 codestream of one component (ITU-T T.800 | ISO/IEC 15444-1), both transforms, any progression and
 * tiling. Refused: packed packet headers, changes of progression and regions of interest, which DICOM
 * encoders do not use, and high throughput (part 15).
 */
final class J2kDecoder {
  private static final int SOC = 0xFF4F;
  private static final int SIZ = 0xFF51;
  private static final int TLM = 0xFF55;
  private static final int PLM = 0xFF57;
  private static final int PLT = 0xFF58;
  private static final int CRG = 0xFF63;
  private static final int COM = 0xFF64;
  private static final int SOT = 0xFF90;
  private static final int SOD = 0xFF93;
  private static final int EOC = 0xFFD9;
  private static final int MOST_TILES = 65535;

  /** Rsiz: extensions of part 2, and of part 15. */
  private static final int EXTENSIONS = 0xC000;

  private final byte[] data;
  private final JpegSegments segments;
  private final FrameFormat format;
  private final J2kTileHeader main = new J2kTileHeader();
  private int precision;
  private boolean signed;

  /** The image on the reference grid, then the tiling (§B.2, §B.3). */
  private int x0;

  private int y0;
  private int x1;
  private int y1;
  private int tileX0;
  private int tileY0;
  private int tileWidth;
  private int tileHeight;
  private int tilesAcross;
  private TileParts[] tiles = new TileParts[0];

  /** Where a tile's packets are: from, to of each tile-part. */
  private static final class TileParts {
    private final J2kTileHeader header;
    private int[] ranges = new int[2];
    private int count;

    TileParts(J2kTileHeader header) {
      this.header = header;
    }

    void add(int from, int to) {
      if (2 * count == ranges.length) {
        ranges = Arrays.copyOf(ranges, 4 * count);
      }
      ranges[2 * count] = from;
      ranges[2 * count + 1] = to;
      count++;
    }

    /** All parts one behind the other. */
    byte[] joined(byte[] data) {
      int length = 0;
      for (int i = 0; i < count; i++) {
        length += ranges[2 * i + 1] - ranges[2 * i];
      }
      byte[] joined = new byte[length];
      int at = 0;
      for (int i = 0; i < count; i++) {
        int size = ranges[2 * i + 1] - ranges[2 * i];
        System.arraycopy(data, ranges[2 * i], joined, at, size);
        at += size;
      }
      return joined;
    }
  }

  private J2kDecoder(byte[] data, FrameFormat format) {
    this.data = data;
    this.segments = new JpegSegments(data);
    this.format = format;
  }

  static Samples decode(byte[] data, FrameFormat format) throws CodecException {
    return new J2kDecoder(data, format).decode();
  }

  private Samples decode() throws CodecException {
    segments.requireFirst(SOC, "SOC: this is no JPEG 2000 codestream");
    if (segments.next() != SIZ) {
      throw segments.bad("SIZ is not the first segment");
    }
    size();
    int marker = segments.next();
    while (marker != SOT) {
      boolean skipped = marker == TLM || marker == PLM || marker == CRG || marker == COM;
      if (!skipped && !main.take(marker, segments)) {
        throw refused(marker);
      }
      marker = segments.next();
    }
    tileParts();
    int[] values = new int[format.pixels()];
    J2kBlockDecoder decoder = new J2kBlockDecoder();
    for (int i = 0; i < tiles.length; i++) {
      if (tiles[i] == null) {
        throw new CodecException(data.length, "tile " + i + " of " + tiles.length + " is missing");
      }
      tile(i, decoder, values);
      tiles[i] = null;
    }
    return new Samples(values, precision, signed ? Samples.Above.SIGN : Samples.Above.ZERO);
  }

  private CodecException refused(int marker) {
    return segments.bad(String.format("the marker %04X, which is not decoded in a JPEG 2000 header", marker));
  }

  /** §A.5.1. */
  private void size() throws CodecException {
    segments.requireAtLeast(38);
    if ((segments.int16(0) & EXTENSIONS) != 0) {
      throw segments.bad("a codestream with extensions of part 2, or of high throughput");
    }
    if (segments.int16(34) != 1) {
      throw segments.bad(segments.int16(34) + " components, the image has one sample per pixel");
    }
    segments.requireLength(39);
    long[] sizes = new long[8];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = segments.int32(2 + 4 * i);
    }
    if (sizes[0] > Integer.MAX_VALUE || sizes[1] > Integer.MAX_VALUE) {
      throw segments.bad("a reference grid of " + sizes[0] + " x " + sizes[1]);
    }
    precision = (segments.int8(36) & 0x7F) + 1;
    signed = segments.int8(36) >> 7 == 1;
    format.require(segments.at(), sizes[1] - sizes[3], sizes[0] - sizes[2], precision);
    if (segments.int8(37) != 1 || segments.int8(38) != 1) {
      throw segments.bad("a component that is sub-sampled");
    }
    boolean tiled =
        sizes[6] <= sizes[2] && sizes[7] <= sizes[3] && sizes[4] > 0 && sizes[5] > 0
            && sizes[6] + sizes[4] > sizes[2] && sizes[7] + sizes[5] > sizes[3];
    if (!tiled) {
      throw segments.bad("tiles that do not cover the image");
    }
    x1 = (int) sizes[0];
    y1 = (int) sizes[1];
    x0 = (int) sizes[2];
    y0 = (int) sizes[3];
    tileX0 = (int) sizes[6];
    tileY0 = (int) sizes[7];
    // A tile that is larger than what is left of the grid ends with it.
    tileWidth = (int) Math.min(sizes[4], x1 - tileX0);
    tileHeight = (int) Math.min(sizes[5], y1 - tileY0);
    long across = ((long) x1 - tileX0 + tileWidth - 1) / tileWidth;
    long down = ((long) y1 - tileY0 + tileHeight - 1) / tileHeight;
    if (across * down > MOST_TILES) {
      throw segments.bad(across + " x " + down + " tiles");
    }
    tilesAcross = (int) across;
    tiles = new TileParts[(int) (across * down)];
  }

  /** §A.4.2: all tile-parts, the first one's SOT is the current segment. */
  private void tileParts() throws CodecException {
    while (true) {
      segments.requireLength(8);
      int start = segments.at() - 4;
      int index = segments.int16(0);
      long length = segments.int32(2);
      int part = segments.int8(6);
      if (index >= tiles.length) {
        throw segments.bad("tile " + index + " of " + tiles.length);
      }
      if (tiles[index] == null) {
        tiles[index] = new TileParts(new J2kTileHeader(main));
      }
      TileParts tile = tiles[index];
      if (part != tile.count) {
        throw segments.bad("tile-part " + part + " of tile " + index + " after " + tile.count + " others");
      }
      int from = tilePartHeader(tile);
      boolean toEnd = length == 0 || start + length > data.length && hasEnd();
      long end = toEnd ? data.length : start + length;
      if (end < from || end > data.length) {
        throw segments.bad("truncated: tile-part " + part + " of tile " + index + " ends at " + end);
      }
      tile.add(from, (int) end);
      if (toEnd || !isSot((int) end)) {
        return;
      }
      segments.seek((int) end);
      segments.next();
    }
  }

  /**
   * Whether the data end with EOC, before padding: then the last tile-part goes up to there, as it does where its length is 0,
   * although it claims to be longer. Some scanners' streams do; what was really cut off has no EOC, or lacks packets.
   */
  private boolean hasEnd() {
    int end = data.length;
    if (end > 0 && data[end - 1] == 0) {
      end--;
    }
    return end > 1 && (data[end - 2] & 0xFF) == EOC >> 8 && (data[end - 1] & 0xFF) == (EOC & 0xFF);
  }

  /** Behind the last tile-part stands EOC; a missing one loses nothing. */
  private boolean isSot(int at) throws CodecException {
    int marker = at + 2 > data.length ? EOC : (data[at] & 0xFF) << 8 | data[at + 1] & 0xFF;
    if (marker != SOT && marker != EOC) {
      throw new CodecException(at, String.format("%04X stands where a tile-part should begin or the image end", marker));
    }
    return marker == SOT;
  }

  /** Reads up to SOD; returns where the packets begin. */
  private int tilePartHeader(TileParts tile) throws CodecException {
    while (!segments.skipBare(SOD)) {
      int marker = segments.next();
      boolean skipped = marker == PLT || marker == COM;
      if (!skipped && (tile.count > 0 || !tile.header.take(marker, segments))) {
        throw refused(marker);
      }
    }
    if (!tile.header.isComplete()) {
      throw segments.bad("a tile without coding style or quantization");
    }
    return segments.end();
  }

  private void tile(int index, J2kBlockDecoder decoder, int[] values) throws CodecException {
    TileParts parts = tiles[index];
    long left = tileX0 + (long) (index % tilesAcross) * tileWidth;
    long top = tileY0 + (long) (index / tilesAcross) * tileHeight;
    int fromX = (int) Math.max(x0, left);
    int fromY = (int) Math.max(y0, top);
    int toX = (int) Math.min(x1, left + tileWidth);
    int toY = (int) Math.min(y1, top + tileHeight);
    boolean single = parts.count == 1;
    byte[] packets = single ? data : parts.joined(data);
    J2kPacketBits bits =
        new J2kPacketBits(packets, single ? parts.ranges[0] : 0, single ? parts.ranges[1] : packets.length);
    J2kTile tile = new J2kTile(fromX, fromY, toX, toY, parts.header, precision, parts.ranges[0]);
    tile.readPackets(bits);
    int at = (fromY - y0) * format.columns() + fromX - x0;
    tile.decode(packets, decoder, values, at, format.columns(), signed);
  }
}

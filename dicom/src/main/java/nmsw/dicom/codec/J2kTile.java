package nmsw.dicom.codec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** One tile of one component: its geometry (ITU-T T.800 annex B), its packets, its samples. */
final class J2kTile {
  /** Code-blocks and precincts that a tile may have: as many as small ones take, and a few for tiny tiles. */
  private static final int PIXELS_PER_BLOCK = 8;

  private static final int FREE_BLOCKS = 256;
  private static final Comparator<J2kPrecinct> BY_POSITION =
      Comparator.<J2kPrecinct>comparingLong(p -> p.gridY)
          .thenComparingLong(p -> p.gridX)
          .thenComparingInt(p -> p.resolution);

  private final int x0;
  private final int y0;
  private final int x1;
  private final int y1;
  private final J2kTileHeader header;
  private final int precision;
  private final J2kCoding coding;
  private final J2kQuantization quantization;
  private final int offset;
  private final List<List<J2kPrecinct>> resolutions = new ArrayList<>();
  private long blocks;

  /**
   * @param x0 first column on the reference grid
   * @param offset of its data, for messages
   */
  J2kTile(int x0, int y0, int x1, int y1, J2kTileHeader header, int precision, int offset) throws CodecException {
    this.x0 = x0;
    this.y0 = y0;
    this.x1 = x1;
    this.y1 = y1;
    this.header = header;
    this.precision = precision;
    this.offset = offset;
    coding = header.coding();
    quantization = header.quantization();
    if (!quantization.covers(coding.levels())) {
      throw new CodecException(offset, "quantization steps of too few subbands for " + coding.levels() + " levels");
    }
    if (coding.reversible() != (quantization.style() == J2kQuantization.NONE)) {
      throw new CodecException(offset, "quantization style " + quantization.style() + " with the "
          + (coding.reversible() ? "reversible" : "irreversible") + " transform");
    }
    for (int r = 0; r <= coding.levels(); r++) {
      resolutions.add(precincts(r));
    }
  }

  /** Of a tile or subband: ceil((value - 2^(level - 1) * high) / 2^level), equation B-15. */
  private static int bandCoordinate(int value, int level, int high) {
    long shifted = value - (level == 0 ? 0 : (long) high << level - 1);
    return (int) (shifted + (1L << level) - 1 >> level);
  }

  private static int ceil(int value, int exponent) {
    return bandCoordinate(value, exponent, 0);
  }

  private List<J2kPrecinct> precincts(int r) throws CodecException {
    int down = coding.levels() - r;
    int rx0 = ceil(x0, down);
    int ry0 = ceil(y0, down);
    int rx1 = ceil(x1, down);
    int ry1 = ceil(y1, down);
    int ppx = coding.precincts()[r] & 0xF;
    int ppy = coding.precincts()[r] >> 4;
    List<J2kPrecinct> precincts = new ArrayList<>();
    if (rx0 == rx1 || ry0 == ry1) {
      return precincts;
    }
    J2kSubband[] bands = bands(r);
    int firstX = rx0 >> ppx;
    int firstY = ry0 >> ppy;
    int acrossEnd = ceil(rx1, ppx);
    int downEnd = ceil(ry1, ppy);
    count((long) (acrossEnd - firstX) * (downEnd - firstY));
    for (int py = firstY; py < downEnd; py++) {
      for (int px = firstX; px < acrossEnd; px++) {
        J2kPrecinct.Part[] parts = new J2kPrecinct.Part[bands.length];
        for (int b = 0; b < bands.length; b++) {
          parts[b] = part(bands[b], px, py, r == 0 ? ppx : ppx - 1, r == 0 ? ppy : ppy - 1);
        }
        long gridX = Math.max(x0, (long) px << ppx + down);
        long gridY = Math.max(y0, (long) py << ppy + down);
        precincts.add(new J2kPrecinct(gridX, gridY, r, parts));
      }
    }
    return precincts;
  }

  private void count(long more) throws CodecException {
    blocks += more;
    if (blocks > FREE_BLOCKS + (long) (x1 - x0) * (y1 - y0) / PIXELS_PER_BLOCK) {
      throw new CodecException(offset, "a tile of " + (x1 - x0) + " x " + (y1 - y0) + " with " + blocks
          + " precincts and code-blocks");
    }
  }

  private J2kSubband[] bands(int r) {
    int level = r == 0 ? coding.levels() : coding.levels() - r + 1;
    J2kSubband[] bands = new J2kSubband[r == 0 ? 1 : 3];
    for (int b = 0; b < bands.length; b++) {
      int high = r == 0 ? 0 : b + 1;
      int xHigh = high & 1;
      int yHigh = high >> 1;
      // Beside and below the resolution before this one.
      int left = xHigh == 0 ? 0 : ceil(x1, level) - ceil(x0, level);
      int top = yHigh == 0 ? 0 : ceil(y1, level) - ceil(y0, level);
      int index = r == 0 ? 0 : 3 * (r - 1) + 1 + b;
      int exponent = quantization.exponent(index, coding.levels(), level);
      int range = precision + xHigh + yHigh;
      float step = coding.reversible() ? 1 : Math.scalb(quantization.mantissa(index), range - exponent);
      bands[b] =
          new J2kSubband(
              high == 3 ? 2 : high == 1 ? 1 : 0,
              bandCoordinate(x0, level, xHigh),
              bandCoordinate(y0, level, yHigh),
              bandCoordinate(x1, level, xHigh),
              bandCoordinate(y1, level, yHigh),
              left,
              top,
              Math.max(0, quantization.guardBits() + exponent - 1),
              step);
    }
    return bands;
  }

  /** A precinct's code-blocks in one subband, where it is 2^ppx x 2^ppy. */
  private J2kPrecinct.Part part(J2kSubband band, int px, int py, int ppx, int ppy) throws CodecException {
    int fromX = (int) Math.max(band.x0(), (long) px << ppx);
    int fromY = (int) Math.max(band.y0(), (long) py << ppy);
    int toX = (int) Math.min(band.x1(), (long) px + 1 << ppx);
    int toY = (int) Math.min(band.y1(), (long) py + 1 << ppy);
    int xcb = Math.min(coding.blockWidthExponent(), ppx);
    int ycb = Math.min(coding.blockHeightExponent(), ppy);
    if (fromX >= toX || fromY >= toY) {
      return new J2kPrecinct.Part(band, new J2kCodeBlock[0], null, null);
    }
    int firstX = fromX >> xcb;
    int firstY = fromY >> ycb;
    int across = ceil(toX, xcb) - firstX;
    int down = ceil(toY, ycb) - firstY;
    count((long) across * down);
    J2kCodeBlock[] parts = new J2kCodeBlock[across * down];
    for (int i = 0; i < parts.length; i++) {
      int cx = firstX + i % across;
      int cy = firstY + i / across;
      int left = Math.max(fromX, cx << xcb);
      int top = Math.max(fromY, cy << ycb);
      int right = (int) Math.min(toX, (long) cx + 1 << xcb);
      int bottom = (int) Math.min(toY, (long) cy + 1 << ycb);
      parts[i] =
          new J2kCodeBlock(
              band.left() + left - band.x0(), band.top() + top - band.y0(), right - left, bottom - top);
    }
    return new J2kPrecinct.Part(band, parts, new J2kTagTree(across, down), new J2kTagTree(across, down));
  }

  /** Reads the packets in the order of the progression (§B.12.1). */
  void readPackets(J2kPacketBits bits) throws CodecException {
    int style = coding.style();
    switch (header.progression()) {
      case J2kTileHeader.LRCP -> {
        for (int layer = 0; layer < header.layers(); layer++) {
          for (List<J2kPrecinct> precincts : resolutions) {
            for (J2kPrecinct precinct : precincts) {
              precinct.readPacket(bits, layer, style);
            }
          }
        }
      }
      case J2kTileHeader.RLCP -> {
        for (List<J2kPrecinct> precincts : resolutions) {
          for (int layer = 0; layer < header.layers(); layer++) {
            for (J2kPrecinct precinct : precincts) {
              precinct.readPacket(bits, layer, style);
            }
          }
        }
      }
      default -> {
        List<J2kPrecinct> ordered = new ArrayList<>();
        resolutions.forEach(ordered::addAll);
        if (header.progression() != J2kTileHeader.RPCL) {
          ordered.sort(BY_POSITION);
        }
        for (J2kPrecinct precinct : ordered) {
          for (int layer = 0; layer < header.layers(); layer++) {
            precinct.readPacket(bits, layer, style);
          }
        }
      }
    }
  }

  /** Writes the tile's samples. */
  void decode(byte[] data, J2kBlockDecoder decoder, int[] values, int at, int stride, boolean signed)
      throws CodecException {
    int width = x1 - x0;
    int height = y1 - y0;
    J2kPlane<?> plane =
        coding.reversible() ? new J2kReversiblePlane(width, height) : new J2kIrreversiblePlane(width, height);
    for (int r = 0; r <= coding.levels(); r++) {
      for (J2kPrecinct precinct : resolutions.get(r)) {
        precinct.decode(data, decoder, coding.style(), plane);
      }
      if (r > 0) {
        int down = coding.levels() - r;
        plane.invert(ceil(x0, down), ceil(y0, down), ceil(x1, down), ceil(y1, down));
      }
    }
    plane.store(values, at, stride, precision, signed);
  }
}

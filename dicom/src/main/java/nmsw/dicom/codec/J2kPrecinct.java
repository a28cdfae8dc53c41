package nmsw.dicom.codec;

/** The code-blocks of one precinct (ITU-T T.800 §B.6, §B.7), subband by subband, and the trees that tell of them. */
final class J2kPrecinct {
  private static final int SOP = 0xFF91;
  private static final int EPH = 0xFF92;

  /** Where it starts on the reference grid, for progressions by position. */
  final long gridX;

  final long gridY;
  final int resolution;
  private final Part[] parts;

  /** One subband's share. */
  record Part(J2kSubband band, J2kCodeBlock[] blocks, J2kTagTree inclusion, J2kTagTree zeroPlanes) {}

  J2kPrecinct(long gridX, long gridY, int resolution, Part[] parts) {
    this.gridX = gridX;
    this.gridY = gridY;
    this.resolution = resolution;
    this.parts = parts;
  }

  /** Reads one layer's packet (§B.9, §B.10): its header, and where the code-blocks' data are. */
  void readPacket(J2kPacketBits bits, int layer, int style) throws CodecException {
    if (bits.isNext(SOP)) {
      if (bits.end() - bits.position() < 6) {
        throw new CodecException(bits.position(), "truncated: an SOP segment without its end");
      }
      bits.seek(bits.position() + 6);
    }
    boolean filled = bits.bit() == 1;
    if (filled) {
      for (Part part : parts) {
        for (int i = 0; i < part.blocks.length; i++) {
          readBlock(part, i, bits, layer, style);
        }
      }
    }
    bits.align();
    if (bits.isNext(EPH)) {
      bits.seek(bits.position() + 2);
    }
    if (!filled) {
      return;
    }
    long at = bits.position();
    for (Part part : parts) {
      for (J2kCodeBlock block : part.blocks) {
        at = block.place(at);
        if (at > bits.end()) {
          throw new CodecException(bits.position(), "truncated: code-blocks leave the data by " + (at - bits.end())
              + " bytes");
        }
      }
    }
    bits.seek((int) at);
  }

  private static void readBlock(Part part, int index, J2kPacketBits bits, int layer, int style)
      throws CodecException {
    J2kCodeBlock block = part.blocks[index];
    if (block.included) {
      if (bits.bit() == 0) {
        return;
      }
    } else {
      if (!part.inclusion.isBelow(index, layer + 1, bits)) {
        return;
      }
      block.included = true;
      int planes = part.band.planes();
      while (!part.zeroPlanes.isBelow(index, block.zeroPlanes + 1, bits)) {
        if (++block.zeroPlanes > planes) {
          throw new CodecException(bits.position(), "a code-block without a bit in its " + planes + " planes");
        }
      }
      if (planes - block.zeroPlanes > J2kBlockDecoder.MAX_PLANES) {
        throw new CodecException(
            bits.position(), "a code-block of " + (planes - block.zeroPlanes) + " bit planes");
      }
    }
    int passes = passes(bits);
    if (block.passes + passes > 3 * (part.band.planes() - block.zeroPlanes) - 2) {
      throw new CodecException(bits.position(), "a code-block with more passes than its bit planes have");
    }
    while (bits.bit() == 1) {
      block.lengthBits++;
    }
    while (passes > 0) {
      int taken = Math.min(passes, J2kBlockDecoder.passesInSegment(block.passes, style));
      int size = block.lengthBits + Integer.SIZE - 1 - Integer.numberOfLeadingZeros(taken);
      if (size > 31) {
        throw new CodecException(bits.position(), "a code-block whose length has " + size + " bits");
      }
      block.addChunk(bits.bits(size), taken);
      passes -= taken;
    }
  }

  /** Table B.4. */
  private static int passes(J2kPacketBits bits) throws CodecException {
    if (bits.bit() == 0) {
      return 1;
    }
    if (bits.bit() == 0) {
      return 2;
    }
    int more = bits.bits(2);
    if (more < 3) {
      return 3 + more;
    }
    more = bits.bits(5);
    return more < 31 ? 6 + more : 37 + bits.bits(7);
  }

  /** Decodes every block, each into its place. */
  void decode(byte[] data, J2kBlockDecoder decoder, int style, J2kPlane<?> plane) throws CodecException {
    for (Part part : parts) {
      for (J2kCodeBlock block : part.blocks) {
        if (block.passes > 0) {
          int planes = part.band.planes() - block.zeroPlanes;
          decoder.decode(data, block, part.band.orientation(), planes, style);
          plane.put(block, decoder, part.band.step());
        }
      }
    }
  }
}

package nmsw.dicom.codec;

/** The bits of packet headers (ITU-T T.800 §B.10.1): the byte behind an X'FF' has seven of them. */
final class J2kPacketBits {
  private final byte[] data;
  private final int end;
  private int position;
  private int current;
  private int left;

  J2kPacketBits(byte[] data, int start, int end) {
    this.data = data;
    this.position = start;
    this.end = end;
  }

  int position() {
    return position;
  }

  int end() {
    return end;
  }

  int bit() throws CodecException {
    if (left == 0) {
      left = current == 0xFF ? 7 : 8;
      current = next();
    }
    return current >> --left & 1;
  }

  int bits(int size) throws CodecException {
    int value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 1 | bit();
    }
    return value;
  }

  private int next() throws CodecException {
    if (position >= end) {
      throw new CodecException(position, "truncated: the data end inside a packet header");
    }
    return data[position++] & 0xFF;
  }

  /** Leaves a header's last byte, and the byte stuffed behind an X'FF'. */
  void align() throws CodecException {
    if (current == 0xFF) {
      next();
    }
    current = 0;
    left = 0;
  }

  /** Whether this marker stands next. */
  boolean isNext(int marker) {
    return end - position >= 2
        && ((data[position] & 0xFF) << 8 | data[position + 1] & 0xFF) == marker;
  }

  /** Goes on at a byte that lies in the data. */
  void seek(int to) {
    position = to;
    current = 0;
    left = 0;
  }
}

package nmsw.dicom.codec;

/** The bits of a JPEG-LS scan (ITU-T T.87 §A.1): the byte behind an X'FF' has seven of them. */
final class JpegLsBits extends StuffedBits {
  JpegLsBits(byte[] data, int position) {
    super(data, position);
  }

  @Override
  protected void takeByte() {
    int next = 0;
    int size = stuffed ? 7 : 8;
    if (position >= data.length || stuffed && data[position] < 0) {
      invented += size;
    } else {
      next = data[position++] & 0xFF;
      stuffed = next == 0xFF;
    }
    append(next, size);
  }

  /** The next bit. */
  int bit() {
    return bits(1);
  }

  /** The next 0 to 31 bits. */
  int bits(int size) {
    if (count < size) {
      fill();
    }
    // In two steps, for a shift by 64 is none.
    int value = (int) (bits >>> 1 >>> 63 - size);
    bits <<= size;
    count -= size;
    return value;
  }

  /**
   * A Golomb code of limited length (§A.5.3).
   *
   * @param k bits behind the unary part
   * @param limit the largest length, less than 64
   * @param errorBits qbpp, of a value that has no shorter code
   */
  int golomb(int k, int limit, int errorBits) throws CodecException {
    if (count < 32) {
      fill();
    }
    int zeros = Long.numberOfLeadingZeros(bits);
    int escape = limit - errorBits - 1;
    // The usual case: the whole code is there.
    if (zeros < escape && zeros + 1 + k <= count) {
      int value = zeros << k | (int) (bits << zeros + 1 >>> 1 >>> 63 - k);
      bits <<= zeros + 1 + k;
      count -= zeros + 1 + k;
      return value;
    }
    return longCode(k, escape, errorBits);
  }

  private int longCode(int k, int escape, int errorBits) throws CodecException {
    int zeros = 0;
    while (bit() == 0) {
      if (++zeros > escape) {
        throw bad("a code that is longer than codes may be");
      }
    }
    return zeros < escape ? zeros << k | bits(k) : bits(errorBits) + 1;
  }
}

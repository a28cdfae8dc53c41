package nmsw.dicom.codec;

/** The ways in which one frame can be compressed, one sample per pixel. */
public enum Codec {
  /** PS3.5 annex G. */
  RLE {
    @Override
    public Samples decode(byte[] data, FrameFormat format) throws CodecException {
      return RleDecoder.decode(data, format);
    }
  },

  /** ITU-T T.81: baseline, extended and lossless, as the stream says. */
  JPEG {
    @Override
    public Samples decode(byte[] data, FrameFormat format) throws CodecException {
      return JpegDecoder.decode(data, format);
    }
  },

  /** ITU-T T.87. */
  JPEG_LS {
    @Override
    public Samples decode(byte[] data, FrameFormat format) throws CodecException {
      return JpegLsDecoder.decode(data, format);
    }
  },

  /** ITU-T T.800 | ISO/IEC 15444-1. */
  JPEG_2000 {
    @Override
    public Samples decode(byte[] data, FrameFormat format) throws CodecException {
      return J2kDecoder.decode(data, format);
    }
  };

  /**
   * Decodes one frame. Takes memory in proportion to the frame's samples and time in proportion to its samples
   * and bytes, whatever the stream claims.
   *
   * @param data the whole frame; what follows its end, such as padding, is left alone
   */
  public abstract Samples decode(byte[] data, FrameFormat format) throws CodecException;
}

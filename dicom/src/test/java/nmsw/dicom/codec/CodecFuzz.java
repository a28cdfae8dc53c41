package nmsw.dicom.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;

/** What the fuzz targets of the codecs share. */
final class CodecFuzz {
  /** Of {@link TestImages} in the streams that fuzzing starts from, and an odd one. */
  private static final List<FrameFormat> FORMATS =
      List.of(
          new FrameFormat(40, 71, 16),
          new FrameFormat(64, 48, 16),
          new FrameFormat(53, 37, 8),
          new FrameFormat(1, 1, 8));

  private CodecFuzz() {}

  /** Each frame is decoded to its size or refused. */
  static void decodeOrRefuse(Codec codec, byte[] bytes) {
    for (FrameFormat format : FORMATS) {
      try {
        assertEquals(format.pixels(), codec.decode(bytes, format).values().length);
      } catch (CodecException refused) {
        // As it should be.
      }
    }
  }
}

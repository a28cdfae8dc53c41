package nmsw.dicom.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;

class JpegLsFuzzTest {
  @FuzzTest
  void anyStreamIsDecodedOrRefused(byte[] bytes) {
    CodecFuzz.decodeOrRefuse(Codec.JPEG_LS, bytes);
  }
}

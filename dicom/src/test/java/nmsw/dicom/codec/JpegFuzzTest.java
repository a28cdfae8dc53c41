package nmsw.dicom.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;

class JpegFuzzTest {
  @FuzzTest
  void anyStreamIsDecodedOrRefused(byte[] bytes) {
    CodecFuzz.decodeOrRefuse(Codec.JPEG, bytes);
  }
}

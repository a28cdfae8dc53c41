package nmsw.dicom.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;

class J2kFuzzTest {
  @FuzzTest
  void anyStreamIsDecodedOrRefused(byte[] bytes) {
    CodecFuzz.decodeOrRefuse(Codec.JPEG_2000, bytes);
  }
}

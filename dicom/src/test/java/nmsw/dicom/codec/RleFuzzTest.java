package nmsw.dicom.codec;

import com.code_intelligence.jazzer.junit.FuzzTest;

class RleFuzzTest {
  @FuzzTest
  void anyStreamIsDecodedOrRefused(byte[] bytes) {
    CodecFuzz.decodeOrRefuse(Codec.RLE, bytes);
  }
}

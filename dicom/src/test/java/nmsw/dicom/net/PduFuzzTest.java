package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Any stream is PDUs, then its end or one that is refused; what is read is written and read the same again. */
class PduFuzzTest {
  private static final int MAX = 64 * 1024;

  @FuzzTest
  void anyStreamIsReadOrRefused(byte[] bytes) throws IOException {
    InputStream in = new ByteArrayInputStream(bytes);
    PduDecoder decoder = new PduDecoder(in, MAX, MAX);
    try {
      while (true) {
        Pdu pdu = decoder.read();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PduEncoder.write(pdu, out);
        byte[] again = out.toByteArray();
        assertEquals(pdu.getClass(), new PduDecoder(new ByteArrayInputStream(again), 2 * MAX, 2 * MAX).read().getClass());
      }
    } catch (EOFException | InvalidPdu end) {
      // The two ways in which a stream ends.
    }
  }
}

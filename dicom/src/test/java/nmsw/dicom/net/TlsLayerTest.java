package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.Random;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two layers over a wire in memory that is cut into pieces, with a time-out between any two of them. */
class TlsLayerTest {
  @TempDir static Path folder;
  private static TestCertificates certificates;

  private Wire toServer;
  private Wire toClient;
  private TlsLayer client;
  private TlsLayer server;

  /** Bytes on their way; a read gets some of them or is timed out. */
  private static final class Wire extends OutputStream {
    private final Queue<Byte> bytes = new ArrayDeque<>();
    private final Random random;

    Wire(Random random) {
      this.random = random;
    }

    @Override
    public void write(int b) {
      bytes.add((byte) b);
    }

    InputStream reader() {
      return new InputStream() {
        @Override
        public int read() {
          throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
          if (bytes.isEmpty() || random.nextInt(4) == 0) {
            throw new SocketTimeoutException();
          }
          int n = Math.min(Math.min(length, bytes.size()), 1 + random.nextInt(2000));
          for (int i = 0; i < n; i++) {
            target[offset + i] = bytes.remove();
          }
          return n;
        }

        @Override
        public int available() {
          return bytes.size();
        }
      };
    }
  }

  @BeforeEach
  void makeCertificates() throws Exception {
    if (certificates == null) {
      certificates = new TestCertificates(folder);
    }
  }

  private void connect(long seed) throws IOException {
    Random random = new Random(seed);
    toServer = new Wire(random);
    toClient = new Wire(random);
    TlsCredentials peer = certificates.pem(certificates.peer);
    client = new TlsLayer(peer.client("127.0.0.1", 104, true), toClient.reader(), toServer);
    server = new TlsLayer(certificates.pem(certificates.node).server(true), toServer.reader(), toClient);
    for (int patience = 0; patience < 1000; patience++) {
      if (attempt(client) & attempt(server)) {
        return;
      }
    }
    throw new IOException("no handshake");
  }

  private static boolean attempt(TlsLayer layer) throws IOException {
    try {
      layer.handshake();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private static byte[] read(TlsLayer layer, int length) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] part = new byte[5000];
    while (all.size() < length) {
      try {
        int n = layer.read(part, 0, Math.min(part.length, length - all.size()));
        assertTrue(n > 0);
        all.write(part, 0, n);
      } catch (SocketTimeoutException e) {
        // Tried again, as after a look at the clock.
      }
    }
    return all.toByteArray();
  }

  @RepeatedTest(10)
  void timeOutsInsideRecordsLoseNothing(RepetitionInfo repetition) throws IOException {
    connect(repetition.getCurrentRepetition());
    assertTrue(server.describe().contains("CN=peer"), server.describe());
    byte[] message = new byte[200_000];
    new Random(repetition.getCurrentRepetition()).nextBytes(message);
    client.write(message, 0, message.length);
    assertArrayEquals(message, read(server, message.length));
    server.write(message, 0, 77);
    assertArrayEquals(Arrays.copyOf(message, 77), read(client, 77));
    client.closeOutput();
    byte[] one = new byte[1];
    int end = 0;
    while (end >= 0) {
      try {
        end = server.read(one, 0, 1);
      } catch (SocketTimeoutException e) {
        // Tried again.
      }
    }
    assertEquals(-1, end);
  }

  @Test
  void recordsOfTheProtocolItselfAreNoInput() throws IOException {
    connect(1);
    assertFalse(hasInput(client), "session tickets are no input");
    assertEquals(0, toClient.bytes.size());
    server.write(new byte[] {1, 2, 3}, 0, 3);
    assertTrue(hasInput(client));
    assertArrayEquals(new byte[] {1, 2, 3}, read(client, 3));
    assertFalse(hasInput(client));
  }

  private static boolean hasInput(TlsLayer layer) throws IOException {
    while (true) {
      try {
        return layer.hasInput();
      } catch (SocketTimeoutException e) {
        // This wire times out although there is something; tried again.
      }
    }
  }

  @Test
  void alteredRecordsAreRefused() throws IOException {
    connect(2);
    byte[] message = new byte[100];
    while (toServer.reader().available() > 0) {
      toServer.bytes.remove();
    }
    client.write(message, 0, message.length);
    Byte[] sent = toServer.bytes.toArray(Byte[]::new);
    toServer.bytes.clear();
    for (int i = 0; i < sent.length; i++) {
      toServer.bytes.add(i == 50 ? (byte) (sent[i] ^ 1) : sent[i]);
    }
    assertThrows(SSLException.class, () -> read(server, message.length));
  }
}

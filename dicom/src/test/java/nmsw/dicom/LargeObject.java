package nmsw.dicom;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;

/** Reads and writes multi-frame images of more than 2 GB; {@link StreamingTest} runs it in a small heap. */
final class LargeObject {
  private static final int FRAME = 2 * 1024 * 1024;
  private static final int FRAMES = 1100;
  private static final long PIXELS = (long) FRAME * FRAMES;

  private LargeObject() {}

  /** What was handed over. */
  static final class Seen implements PixelDataHandler {
    final byte[] piece = new byte[FRAME];
    long bytes;
    long sum;
    int pieces;
    int rows;

    @Override
    public void piece(Dataset before, int tag, VR vr, int index, long length, InputStream in) throws IOException {
      rows = before.requireInt(Tag.Rows);
      pieces++;
      for (int read = in.readNBytes(piece, 0, FRAME); read > 0; read = in.readNBytes(piece, 0, FRAME)) {
        bytes += read;
        sum += piece[0] + piece[read - 1];
      }
    }
  }

  /** An endless stream whose byte at each position is known. */
  static InputStream pattern() {
    return new InputStream() {
      private int next;

      @Override
      public int read() {
        return next++ & 0x7F;
      }

      @Override
      public int read(byte[] bytes, int from, int count) {
        Arrays.fill(bytes, from, from + count, (byte) 1);
        return count;
      }
    };
  }

  static Dataset head() {
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.EnhancedCTImageStorage)
        .putString(Tag.SOPInstanceUID, "1.2.34")
        .putInt(Tag.NumberOfFrames, FRAMES)
        .putInt(Tag.Rows, 1024)
        .putInt(Tag.Columns, 1024);
  }

  private static byte[] fileHead(TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeFile(out, head(), ts);
    return out.toByteArray();
  }

  private static byte[] header(int... values) {
    ByteBuffer header = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      header.putInt(value);
    }
    return header.array();
  }

  private static final byte[] NATIVE = header(0x00107FE0, 'O' | 'W' << 8, (int) PIXELS);

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  private static void nativeStream() throws IOException {
    byte[] head = fileHead(TransferSyntax.EXPLICIT_LE);
    InputStream pixels = new ValueStream(new Source(pattern(), -1), Tag.PixelData, 0, PIXELS);
    InputStream in = new SequenceInputStream(
        new SequenceInputStream(new ByteArrayInputStream(head), new ByteArrayInputStream(NATIVE)), pixels);
    Seen seen = new Seen();
    DicomFile file = DicomReader.read(in, ParseLimits.defaults(), seen);
    check(seen.bytes == PIXELS && seen.pieces == 1 && seen.rows == 1024, seen.bytes + " bytes, " + seen.pieces);
    check(seen.sum == 2L * FRAMES, "sum " + seen.sum);
    check(!file.dataset().contains(Tag.PixelData) && file.dataset().size() == 5, "data set");
  }

  private static void encapsulatedStream() throws IOException {
    byte[] head = fileHead(TransferSyntax.JPEG_2000);
    InputStream in = new SequenceInputStream(new Enumeration<InputStream>() {
      private int next = -3;

      @Override
      public boolean hasMoreElements() {
        return next <= 2 * FRAMES;
      }

      @Override
      public InputStream nextElement() {
        int index = next++;
        if (index < 0) {
          return new ByteArrayInputStream(
              index == -3 ? head
                  : index == -2 ? header(0x00107FE0, 'O' | 'B' << 8, -1) : header(0xE000FFFE, 0));
        }
        if (index == 2 * FRAMES) {
          return new ByteArrayInputStream(header(0xE0DDFFFE, 0));
        }
        return index % 2 == 0
            ? new ByteArrayInputStream(header(0xE000FFFE, FRAME))
            : new ValueStream(new Source(pattern(), -1), Tag.PixelData, 0, FRAME);
      }
    });
    Seen seen = new Seen();
    DicomReader.read(in, ParseLimits.defaults(), seen);
    check(seen.bytes == PIXELS && seen.pieces == FRAMES + 1, seen.bytes + " bytes, " + seen.pieces + " pieces");
  }

  private static void sparseFile() throws IOException {
    Path path = Files.createTempFile("large", ".dcm");
    try {
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        file.write(fileHead(TransferSyntax.EXPLICIT_LE));
        file.write(NATIVE);
        file.setLength(file.getFilePointer() + PIXELS);
      }
      long start = System.nanoTime();
      check(DicomReader.read(path, ParseLimits.defaults(), PixelDataHandler.SKIP).dataset().size() == 5, "data set");
      check(System.nanoTime() - start < 2_000_000_000L, "skipped pixel data are not read");
      Seen seen = new Seen();
      DicomReader.read(path, ParseLimits.defaults(), seen);
      check(seen.bytes == PIXELS && seen.sum == 0, seen.bytes + " bytes");
    } finally {
      Files.delete(path);
    }
  }

  private static void written() throws IOException {
    long[] count = new long[1];
    OutputStream out = new OutputStream() {
      @Override
      public void write(int value) {
        count[0]++;
      }

      @Override
      public void write(byte[] bytes, int from, int length) {
        count[0] += length;
      }
    };
    TransferSyntax ts = TransferSyntax.EXPLICIT_LE;
    try (DicomFileWriter writer = new DicomFileWriter(out, Uid.EnhancedCTImageStorage, "1.2.34", ts)) {
      writer.write(head());
      writer.writeValue(Tag.PixelData, VR.OW, PIXELS, pattern());
      writer.finish();
    }
    check(count[0] == fileHead(ts).length + NATIVE.length + PIXELS, count[0] + " bytes written");
  }

  public static void main(String[] args) throws IOException {
    check(Runtime.getRuntime().maxMemory() <= 100L << 20, "the heap is larger than 100 MiB");
    nativeStream();
    encapsulatedStream();
    sparseFile();
    written();
    System.out.println("read and written");
  }
}

package nmsw.dicom.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Element;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.VR;

/** Streams that DCMTK, GDCM and OpenJPEG made of {@link TestImages}, as they are and damaged in every way. */
class StreamsTest {
  private static final long MOST_NANOSECONDS = 5_000_000_000L;
  private static final long MOST_BYTES = 8 << 20;

  /** @param tolerance by how much a value may differ from the image that was compressed; 0 for a lossless one */
  private record Stream(String name, TransferSyntax syntax, int tolerance) {
    Dataset image() {
      return name.startsWith("baseline")
          ? TestImages.image(53, 37, 8, 8, false, 1)
          : name.startsWith("extended") || name.startsWith("near")
              ? TestImages.image(64, 48, 16, 12, false, 1)
              : TestImages.image(40, 71, 16, 16, true, 1);
    }

    byte[] bytes() throws IOException {
      try (InputStream in = StreamsTest.class.getResourceAsStream(name)) {
        return in.readAllBytes();
      }
    }

    Dataset encapsulated(byte[] fragment) throws IOException {
      return image().put(Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], fragment)));
    }

    int[] decode(byte[] fragment) throws IOException {
      return PixelDecoder.decode(encapsulated(fragment), syntax, 0);
    }
  }

  private static final List<Stream> STREAMS =
      List.of(
          new Stream("image.rle", TransferSyntax.RLE_LOSSLESS, 0),
          new Stream("sv1.jpg", TransferSyntax.JPEG_LOSSLESS_SV1, 0),
          new Stream("sv6.jpg", TransferSyntax.JPEG_LOSSLESS, 0),
          new Stream("image.jls", TransferSyntax.JPEG_LS_LOSSLESS, 0),
          new Stream("near3.jls", TransferSyntax.JPEG_LS_NEAR_LOSSLESS, 3),
          new Stream("image.j2k", TransferSyntax.JPEG_2000_LOSSLESS, 0),
          new Stream("styles.j2k", TransferSyntax.JPEG_2000_LOSSLESS, 0),
          new Stream("irreversible.j2k", TransferSyntax.JPEG_2000, 6000),
          new Stream("baseline.jpg", TransferSyntax.JPEG_BASELINE, 40),
          new Stream("extended.jpg", TransferSyntax.JPEG_EXTENDED, 600));

  @Example
  void decodeToTheImage() throws IOException {
    for (Stream stream : STREAMS) {
      int[] expected = PixelDecoder.decode(stream.image(), TransferSyntax.EXPLICIT_LE, 0);
      int[] values = stream.decode(stream.bytes());
      int largest = 0;
      for (int i = 0; i < values.length; i++) {
        largest = Math.max(largest, Math.abs(values[i] - expected[i]));
      }
      assertTrue(largest <= stream.tolerance, stream.name + " differs by " + largest);
    }
  }

  /** Either a picture of the right size or a refusal, soon, and without much memory. */
  private static boolean decodesOrRefuses(Stream stream, byte[] bytes) throws IOException {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long start = System.nanoTime();
    long before = threads.getCurrentThreadAllocatedBytes();
    boolean decoded = decodes(stream, bytes);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    if (allocated >= MOST_BYTES) {
      // What is loaded once, classes and the dictionary of a refusal's message, is no stream's doing.
      before = threads.getCurrentThreadAllocatedBytes();
      assertEquals(decoded, decodes(stream, bytes));
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertTrue(allocated < MOST_BYTES, stream.name + " allocates " + allocated);
    long took = System.nanoTime() - start;
    assertTrue(took < MOST_NANOSECONDS, stream.name + " takes " + took);
    return decoded;
  }

  private static boolean decodes(Stream stream, byte[] bytes) throws IOException {
    Dataset image = stream.encapsulated(bytes);
    try {
      int pixels = image.requireInt(Tag.Rows) * image.requireInt(Tag.Columns);
      assertEquals(pixels, PixelDecoder.decode(image, stream.syntax, 0).length);
      return true;
    } catch (DicomException e) {
      assertEquals(Tag.PixelData, e.tag().getAsInt(), e.getMessage());
      return false;
    }
  }

  @Property(tries = 2000)
  void damagedStreams(@ForAll @IntRange(max = 9) int which, @ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = STREAMS.get(which).bytes();
    int changes = 1 + random.nextInt(6);
    // Headers are short and matter most.
    int within = random.nextBoolean() ? Math.min(bytes.length, 200) : bytes.length;
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(within);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0xFF : 0);
        default -> System.arraycopy(bytes, random.nextInt(bytes.length - 8), bytes, random.nextInt(bytes.length - 8), 8);
      }
    }
    decodesOrRefuses(STREAMS.get(which), bytes);
  }

  /** No lossless stream can lose a tenth of its bytes and still be an image. */
  @Property(tries = 300)
  void truncatedStreams(@ForAll @IntRange(max = 9) int which, @ForAll @IntRange(max = 899) int permille)
      throws IOException {
    Stream stream = STREAMS.get(which);
    byte[] bytes = stream.bytes();
    boolean decoded = decodesOrRefuses(stream, Arrays.copyOf(bytes, (int) (bytes.length * (permille / 1000.0))));
    assertTrue(!decoded, stream.name);
  }

  @Property(tries = 200)
  void noise(@ForAll @IntRange(max = 9) int which, @ForAll byte[] noise) throws IOException {
    decodesOrRefuses(STREAMS.get(which), noise);
  }

  /** Streams for images of another size are refused before anything is allocated. */
  @Property(tries = 100)
  void liesAboutTheSize(@ForAll @IntRange(min = 1, max = 9) int which, @ForAll @IntRange(min = 1, max = 2000) int rows)
      throws IOException {
    Stream stream = STREAMS.get(which);
    Dataset image = stream.encapsulated(stream.bytes());
    if (rows != image.requireInt(Tag.Rows)) {
      image.putInt(Tag.Rows, rows);
      DicomException e = assertThrows(DicomException.class, () -> PixelDecoder.decode(image, stream.syntax, 0));
      assertTrue(e.getMessage().contains("the image " + rows + " x "), e.getMessage());
    }
  }

  @Example
  void aBombIsRefused() throws IOException {
    Stream stream = STREAMS.get(5);
    Dataset image = stream.encapsulated(stream.bytes()).putInt(Tag.Rows, 40000).putInt(Tag.Columns, 40000);
    DicomException e = assertThrows(DicomException.class, () -> PixelDecoder.decode(image, stream.syntax, 0));
    assertTrue(e.getMessage().contains("cannot be 1600000000 pixels"), e.getMessage());
    image.putInt(Tag.Rows, 65535).putInt(Tag.Columns, 65535);
    assertThrows(DicomException.class, () -> PixelDecoder.decode(image, stream.syntax, 0));
  }

  @Property(tries = 200)
  void rleRoundTrip(@ForAll @IntRange(min = 1, max = 40) int rows, @ForAll @IntRange(min = 1, max = 300) int columns,
      @ForAll boolean wide, @ForAll @IntRange(min = 1, max = 20) int repeats, @ForAll long seed) throws CodecException {
    FrameFormat format = new FrameFormat(rows, columns, wide ? 16 : 8);
    Random random = new Random(seed);
    byte[] cells = new byte[rows * columns * (wide ? 2 : 1)];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = i > 0 && random.nextInt(repeats) > 0 ? cells[i - 1] : (byte) random.nextInt(4);
    }
    byte[] encoded = RleEncoder.encode(cells, 0, format);
    assertEquals(0, encoded.length % 2);
    int[] values = Codec.RLE.decode(encoded, format).values();
    byte[] back = new byte[cells.length];
    for (int i = 0; i < back.length; i++) {
      back[i] = (byte) (wide ? values[i / 2] >> 8 * (i % 2) : values[i]);
    }
    assertArrayEquals(cells, back);
  }
}

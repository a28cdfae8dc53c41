package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pixel data handed over instead of kept, and written from a stream. */
class StreamingTest {
  private static final ParseLimits LIMITS = ParseLimits.defaults();
  private static final byte[] PIXELS = new byte[40_000];

  static {
    for (int i = 0; i < PIXELS.length; i++) {
      PIXELS[i] = (byte) (i * 7 + (i >> 8));
    }
  }

  private static Dataset image() {
    return LargeObject.head().putBytes(Tag.PixelData, VR.OW, PIXELS)
        .putBytes(Tag.DataSetTrailingPadding, VR.OB, new byte[4]);
  }

  private static byte[] written(Dataset dataset, TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeFile(out, dataset, ts);
    return out.toByteArray();
  }

  /** A multi-frame image of 2.3 GB, native and encapsulated, from streams and a file, with a heap of 100 MiB. */
  @Test
  @Timeout(180)
  void moreThanTheHeapHoldsIsReadAndWritten() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String output =
        Command.run(java, "-Xmx100m", "-cp", System.getProperty("java.class.path"), LargeObject.class.getName());
    assertTrue(output.contains("read and written"), output);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        Uid.ImplicitVRLittleEndian, Uid.ExplicitVRLittleEndian, Uid.ExplicitVRBigEndian,
        Uid.DeflatedExplicitVRLittleEndian
      })
  void nativePixelDataAreHandedOverLittleEndian(String uid) throws IOException {
    byte[] file = written(image(), TransferSyntax.of(uid));
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    DicomFile read =
        DicomReader.read(
            new ByteArrayInputStream(file), LIMITS,
            (before, tag, vr, index, length, bytes) -> {
              assertEquals(5, before.size());
              assertEquals(PIXELS.length, length);
              assertEquals(Tag.PixelData, tag);
              bytes.transferTo(seen);
            });
    assertArrayEquals(PIXELS, seen.toByteArray());
    Dataset kept = DicomReader.read(new ByteArrayInputStream(file), LIMITS).dataset();
    assertArrayEquals(PIXELS, kept.bytes(Tag.PixelData));
    assertEquals(kept.remove(Tag.PixelData), read.dataset());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 39_999})
  void whatTheHandlerLeavesIsPassedOver(int taken) throws IOException {
    for (TransferSyntax ts : List.of(TransferSyntax.EXPLICIT_LE, TransferSyntax.EXPLICIT_BE)) {
      DicomFile read =
          DicomReader.read(
              new ByteArrayInputStream(written(image(), ts)), LIMITS,
              (before, tag, vr, index, length, bytes) ->
                  assertArrayEquals(Arrays.copyOf(PIXELS, taken), bytes.readNBytes(taken)));
      assertTrue(read.dataset().contains(Tag.DataSetTrailingPadding));
    }
  }

  @Test
  void fragmentsAreHandedOverOneByOne() throws IOException {
    Element fragments =
        Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], new byte[] {1, 2}, new byte[] {3, 4, 5, 6}));
    byte[] file = written(image().put(fragments), TransferSyntax.JPEG_2000);
    List<String> seen = new ArrayList<>();
    DicomReader.read(
        new ByteArrayInputStream(file), LIMITS,
        (before, tag, vr, index, length, bytes) ->
            seen.add(index + " " + length + " " + Arrays.toString(bytes.readAllBytes())));
    assertEquals(List.of("0 0 []", "1 2 [1, 2]", "2 4 [3, 4, 5, 6]"), seen);
  }

  @Test
  void truncatedPixelDataAreRefusedWhoeverReadsThem() throws IOException {
    byte[] whole = written(image(), TransferSyntax.EXPLICIT_LE);
    byte[] file = Arrays.copyOf(whole, whole.length - 1000);
    for (PixelDataHandler handler : List.of(PixelDataHandler.SKIP,
        (before, tag, vr, index, length, bytes) -> bytes.readAllBytes())) {
      DicomException e = assertThrows(DicomException.class,
          () -> DicomReader.read(new ByteArrayInputStream(file), LIMITS, handler));
      assertTrue(e.getMessage().contains("truncated"), e.getMessage());
      assertEquals(Tag.PixelData, e.tag().getAsInt());
    }
  }

  @Test
  void pixelDataThatAreThereTwiceAreRefused() {
    byte[] dataset = HexFormat.of().parseHex("0800180055490400312e3200");
    byte[] pixels = HexFormat.of().parseHex("e07f10004f57000002000000" + "0102");
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(dataset);
    file.writeBytes(pixels);
    file.writeBytes(pixels);
    DicomException e = assertThrows(DicomException.class, () -> DicomReader.read(
        new ByteArrayInputStream(file.toByteArray()), LIMITS, PixelDataHandler.SKIP));
    assertTrue(e.getMessage().contains("twice"), e.getMessage());
  }

  /** An icon's pixel data are part of its item and stay. */
  @Test
  void pixelDataOfItemsStay() throws IOException {
    Dataset icon = new Dataset().putBytes(Tag.PixelData, VR.OB, new byte[] {1, 2});
    byte[] file = written(image().putItems(Tag.IconImageSequence, List.of(icon)), TransferSyntax.EXPLICIT_LE);
    Dataset read = DicomReader.read(new ByteArrayInputStream(file), LIMITS, PixelDataHandler.SKIP).dataset();
    assertFalse(read.contains(Tag.PixelData));
    assertArrayEquals(new byte[] {1, 2}, read.items(Tag.IconImageSequence).get(0).bytes(Tag.PixelData));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        Uid.ImplicitVRLittleEndian, Uid.ExplicitVRLittleEndian, Uid.ExplicitVRBigEndian,
        Uid.DeflatedExplicitVRLittleEndian
      })
  void piecesGiveTheSameFileAsTheWhole(String uid) throws IOException {
    TransferSyntax ts = TransferSyntax.of(uid);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Dataset image = image();
    try (DicomFileWriter writer = new DicomFileWriter(out, Uid.EnhancedCTImageStorage, "1.2.34", ts)) {
      writer.write(LargeObject.head());
      writer.writeValue(Tag.PixelData, VR.OW, PIXELS.length, new ByteArrayInputStream(PIXELS));
      writer.write(new Dataset().put(image.get(Tag.DataSetTrailingPadding)));
      writer.finish();
    }
    assertArrayEquals(written(image, ts), out.toByteArray());
  }

  @Test
  void fragmentsAreWrittenFromStreams() throws IOException {
    Element fragments = Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], new byte[] {1, 2, 3}, PIXELS));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DicomFileWriter writer =
        new DicomFileWriter(out, Uid.EnhancedCTImageStorage, "1.2.34", TransferSyntax.JPEG_2000)) {
      writer.write(LargeObject.head());
      writer.beginFragments(Tag.PixelData, VR.OB);
      writer.writeFragment(new byte[0]);
      writer.writeFragment(3, new ByteArrayInputStream(new byte[] {1, 2, 3}));
      writer.writeFragment(PIXELS);
      assertThrows(IllegalStateException.class, writer::finish);
      writer.endFragments();
      writer.finish();
    }
    Dataset whole = LargeObject.head().put(fragments);
    assertArrayEquals(written(whole, TransferSyntax.JPEG_2000), out.toByteArray());
  }

  @Test
  void whatCannotBeWrittenIsRefused() throws IOException {
    DicomFileWriter writer =
        new DicomFileWriter(new ByteArrayOutputStream(), Uid.CTImageStorage, "1.2", TransferSyntax.EXPLICIT_LE);
    assertThrows(EOFException.class,
        () -> writer.writeValue(Tag.PixelData, VR.OB, 10, new ByteArrayInputStream(new byte[9])));
    assertThrows(IllegalStateException.class, () -> writer.write(LargeObject.head()), "tags go up");
    assertThrows(DicomException.class, () -> writer.beginFragments(0x7FE10010, VR.OB), "not encapsulated");
    assertThrows(DicomException.class,
        () -> writer.writeValue(0x7FE10010, VR.OB, 1L << 32, InputStream.nullInputStream()));
    assertThrows(IllegalStateException.class, () -> writer.writeFragment(new byte[0]));
  }
}

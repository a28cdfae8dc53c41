package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Big endian, deflated and encapsulated data sets (PS3.5 §7.3, annex A). */
class TransferSyntaxesTest {
  @TempDir Path folder;

  private static final ParseLimits LIMITS = ParseLimits.defaults();

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Dataset read(String hex, TransferSyntax ts) throws IOException {
    return read(hex(hex), ts);
  }

  private static Dataset read(byte[] bytes, TransferSyntax ts) throws IOException {
    return DicomReader.readDataset(new ByteArrayInputStream(bytes), ts, LIMITS);
  }

  private static byte[] written(Dataset dataset, TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, dataset, ts);
    return out.toByteArray();
  }

  @Test
  void bigEndianNumbersTagsAndLengths() throws IOException {
    String bytes =
        "00080018 5549 0004 312e3200"
            + "00080060 4353 0002 4354"
            + "00280009 4154 0004 00181063"
            + "00280010 5553 0002 0102"
            + "00280030 4453 0002 3120"
            + "00720074 4644 0008 3ff8000000000000"
            + "00720078 554c 0004 01020304"
            + "7fe00010 4f57 0000 00000004 01020304";
    Dataset read = read(bytes, TransferSyntax.EXPLICIT_BE);
    assertEquals("1.2", read.requireString(Tag.SOPInstanceUID));
    assertEquals(0x0102, read.requireInt(Tag.Rows));
    assertEquals(0x00181063, read.requireInt(Tag.FrameIncrementPointer));
    assertEquals(0x01020304, read.requireInt(0x00720078));
    assertEquals(1.5, read.numbers(0x00720074)[0]);
    assertArrayEquals(hex("02010403"), read.bytes(Tag.PixelData), "values are little endian");
    assertArrayEquals(hex(bytes), written(read, TransferSyntax.EXPLICIT_BE));
  }

  /** PS3.5 §6.2.2: what is in UN is not swapped, and its items are Implicit VR Little Endian. */
  @Test
  void unknownInBigEndianIsLittleEndian() throws IOException {
    String rest = "00280011 5553 0002 0003";
    Dataset value = read("00280010 554e 0000 00000002 0300" + rest, TransferSyntax.EXPLICIT_BE);
    assertEquals(3, value.requireInt(Tag.Rows));
    assertEquals(3, value.requireInt(Tag.Columns));
    String items = "feff00e0 ffffffff 28001000 02000000 0300 feff0de0 00000000 feffdde0 00000000";
    Dataset sequence = read("00091010 554e 0000 ffffffff" + items + rest, TransferSyntax.EXPLICIT_BE);
    assertEquals(3, sequence.items(0x00091010).get(0).requireInt(Tag.Rows));
    assertEquals(3, sequence.requireInt(Tag.Columns));
  }

  /** A value too long for its VR becomes UN, which is not swapped. */
  @Test
  void aLongValueInBigEndianIsKept() throws IOException {
    Dataset dataset = new Dataset();
    byte[] table = new byte[0x10000];
    for (int i = 0; i < table.length; i++) {
      table[i] = (byte) (i * 7);
    }
    dataset.putBytes(Tag.RedPaletteColorLookupTableData, VR.US, table);
    Dataset read = read(written(dataset, TransferSyntax.EXPLICIT_BE), TransferSyntax.EXPLICIT_BE);
    assertArrayEquals(table, read.bytes(Tag.RedPaletteColorLookupTableData));
  }

  @Test
  void deflatedHasNoHeaderAndAnEvenLength() throws IOException {
    for (int length = 0; length < 40; length += 2) {
      Dataset dataset = new Dataset().putBytes(Tag.PixelData, VR.OB, new byte[length]).putInt(Tag.Rows, length);
      byte[] bytes = written(dataset, TransferSyntax.DEFLATED_LE);
      assertEquals(0, bytes.length % 2);
      assertEquals(dataset, read(bytes, TransferSyntax.DEFLATED_LE));
    }
  }

  @Test
  void aDeflatedFileStopsAtATag() throws IOException {
    Dataset dataset =
        new Dataset()
            .putString(Tag.SOPClassUID, Uid.SegmentationStorage)
            .putString(Tag.SOPInstanceUID, "1.2.34")
            .putBytes(Tag.PixelData, VR.OB, new byte[2000]);
    Path path = folder.resolve("deflated.dcm");
    DicomWriter.writeFile(path, dataset, TransferSyntax.DEFLATED_LE);
    DicomFile file = DicomReader.read(path);
    assertEquals(TransferSyntax.DEFLATED_LE, file.transferSyntax());
    assertEquals(dataset, file.dataset());
    assertEquals(dataset.copy().remove(Tag.PixelData), DicomReader.readUntil(path, Tag.PixelData).dataset());
  }

  @Test
  void damagedAndTruncatedDeflatedDataAreRefused() throws IOException {
    byte[] good = written(new Dataset().putBytes(Tag.PixelData, VR.OB, hex("0102030405060708")),
        TransferSyntax.DEFLATED_LE);
    byte[] truncated = Arrays.copyOf(good, good.length / 2);
    assertTrue(refusal(truncated).contains("truncated"), refusal(truncated));
    byte[] damaged = good.clone();
    damaged[0] = (byte) 0xFF;
    assertTrue(refusal(damaged).contains("damaged"), refusal(damaged));
    // An element that the inflated data lack, at its offset in them.
    byte[] lacking = deflated(new ByteArrayInputStream(hex("e07f1000 4f42 0000 00000010 0000"))).readAllBytes();
    assertTrue(refusal(lacking).contains("(7FE0,0010) PixelData at offset 0"), refusal(lacking));
  }

  private static String refusal(byte[] bytes) {
    return assertThrows(DicomException.class, () -> read(bytes, TransferSyntax.DEFLATED_LE)).getMessage();
  }

  private static InputStream deflated(InputStream in) {
    return new DeflaterInputStream(in, new Deflater(Deflater.BEST_COMPRESSION, true));
  }

  /** CVE-2026-5438 and its like: two gigabytes of zeros in two megabytes. */
  @Test
  void aDecompressionBombIsRefusedEarly() throws IOException {
    InputStream zeros = new ByteArrayInputStream(new byte[0]) {
      @Override
      public synchronized int read(byte[] target, int from, int count) {
        return count;
      }
    };
    byte[] head = hex("e07f1000 4f42 0000 00000070");
    InputStream bomb = deflated(new SequenceInputStream(new ByteArrayInputStream(head), zeros));
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    DicomException e = assertThrows(DicomException.class,
        () -> DicomReader.readDataset(bomb, TransferSyntax.DEFLATED_LE, LIMITS));
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(e.getMessage().contains("250 times"), e.getMessage());
    assertTrue(allocated < 160 << 20, allocated + " bytes");
    InputStream large = deflated(new SequenceInputStream(new ByteArrayInputStream(head), zeros));
    ParseLimits small = LIMITS.withMaxTotalBytes(1 << 20);
    assertTrue(assertThrows(DicomException.class,
        () -> DicomReader.readDataset(large, TransferSyntax.DEFLATED_LE, small)).getMessage().contains("limit"));
  }

  /** A blank image deflates as a bomb does; it is read where the data set says that it is that large, and only there. */
  @Test
  void aSparseImageMayInflateBeyondTheRatioUpToItsOwnSize() throws IOException {
    Dataset image =
        new Dataset()
            .putInt(Tag.SamplesPerPixel, 1)
            .putString(Tag.NumberOfFrames, "80")
            .putInt(Tag.Rows, 1024)
            .putInt(Tag.Columns, 512)
            .putInt(Tag.BitsAllocated, 8)
            .putBytes(Tag.PixelData, VR.OB, new byte[160 << 18]);
    byte[] deflated = written(image, TransferSyntax.DEFLATED_LE);
    assertTrue(deflated.length * 500L < 160 << 18, deflated.length + " bytes");
    assertEquals(image, read(deflated, TransferSyntax.DEFLATED_LE));
    for (String frames : List.of("79", "81", "10", "2000000000")) {
      Dataset other = new Dataset().putAll(image).putString(Tag.NumberOfFrames, frames);
      String why = refusal(written(other, TransferSyntax.DEFLATED_LE));
      assertTrue(why.contains("250 times"), why);
    }
    // What follows the image is no part of it.
    Dataset more = new Dataset().putAll(image).putBytes(Tag.DataSetTrailingPadding, VR.OB, new byte[160 << 18]);
    String why = refusal(written(more, TransferSyntax.DEFLATED_LE));
    assertTrue(why.contains("250 times"), why);
  }

  /** Icons may be compressed too. */
  @Test
  void fragmentsInsideASequenceAreKept() throws IOException {
    Element pixels = Element.ofFragments(Tag.PixelData, VR.OB, List.of(new byte[0], hex("ffd8ffd9"), hex("0102")));
    Dataset dataset = new Dataset().putItems(Tag.IconImageSequence, List.of(new Dataset().put(pixels)));
    assertEquals(dataset, read(written(dataset, TransferSyntax.JPEG_LOSSLESS_SV1), TransferSyntax.JPEG_LOSSLESS_SV1));
    assertThrows(DicomException.class, () -> written(dataset, TransferSyntax.EXPLICIT_LE));
  }

  /** Offset tables, odd tables and empty fragments come back as they were. */
  @Test
  void encapsulatedPixelDataPassThroughUntouched() throws IOException {
    String bytes =
        "e07f0100 4f56 0000 10000000 0000000000000000 0400000000000000"
            + "e07f1000 4f42 0000 ffffffff"
            + "feff00e0 04000000 00000000 feff00e0 00000000 feff00e0 04000000 feffdde0 feffdde0 00000000";
    Dataset read = read(bytes, TransferSyntax.JPEG_2000);
    assertEquals(3, read.get(Tag.PixelData).fragments().size());
    assertArrayEquals(hex(bytes), written(read, TransferSyntax.JPEG_2000));
  }
}

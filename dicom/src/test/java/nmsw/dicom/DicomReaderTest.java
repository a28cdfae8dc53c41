package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DicomReaderTest {
  private static final ParseLimits LIMITS = ParseLimits.defaults();
  private static final String PATIENT_ID = "10002000 4c4f 0200 4142";

  @TempDir Path folder;

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Dataset explicit(String hex) throws IOException {
    return DicomReader.readDataset(new ByteArrayInputStream(hex(hex)), TransferSyntax.EXPLICIT_LE, LIMITS);
  }

  private static Dataset implicit(String hex) throws IOException {
    return DicomReader.readDataset(new ByteArrayInputStream(hex(hex)), TransferSyntax.IMPLICIT_LE, LIMITS);
  }

  private static DicomException refused(String hex) {
    return assertThrows(DicomException.class, () -> explicit(hex));
  }

  private static Dataset instance() {
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, "1.2.34")
        .putString(Tag.PatientID, "PP")
        .putInt(Tag.Rows, 3);
  }

  private static byte[] file(Dataset dataset, TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeFile(out, dataset, ts);
    return out.toByteArray();
  }

  private static DicomFile read(byte[] file) throws IOException {
    return DicomReader.read(new ByteArrayInputStream(file), LIMITS);
  }

  @Test
  void filesHaveAnEmptyPreambleAndTheirMeta() throws IOException {
    byte[] bytes = file(instance(), TransferSyntax.EXPLICIT_LE);
    assertArrayEquals(new byte[128], Arrays.copyOf(bytes, 128));
    DicomFile file = read(bytes);
    assertEquals(instance().requireString(Tag.SOPInstanceUID),
        file.meta().requireString(Tag.MediaStorageSOPInstanceUID));
    assertEquals(Implementation.CLASS_UID, file.meta().requireString(Tag.ImplementationClassUID));
    assertEquals(TransferSyntax.EXPLICIT_LE, file.transferSyntax());
    assertEquals("PP", file.dataset().requireString(Tag.PatientID));
    int groupEnd = 128 + 4 + 12 + file.meta().requireInt(Tag.FileMetaInformationGroupLength);
    assertEquals(0x08, bytes[groupEnd], "the data set starts where the group length says");
  }

  @Test
  void wrongGroupLengthAndForeignPreambleAreTolerated() throws IOException {
    byte[] bytes = file(instance(), TransferSyntax.IMPLICIT_LE);
    Arrays.fill(bytes, 0, 128, (byte) 'M');
    Arrays.fill(bytes, 140, 144, (byte) 0xFF);
    DicomFile read = read(bytes);
    assertEquals(3, read.dataset().requireInt(Tag.Rows));
    assertArrayEquals(new byte[128], Arrays.copyOf(file(read.dataset(), read.transferSyntax()), 128));
  }

  @Test
  void filesWithoutPreambleOrMeta() throws IOException {
    byte[] bytes = file(instance(), TransferSyntax.EXPLICIT_LE);
    assertEquals(3, read(Arrays.copyOfRange(bytes, 128, bytes.length)).dataset().requireInt(Tag.Rows));
    assertEquals(3, read(Arrays.copyOfRange(bytes, 132, bytes.length)).dataset().requireInt(Tag.Rows));
    for (TransferSyntax ts :
        List.of(TransferSyntax.EXPLICIT_LE, TransferSyntax.IMPLICIT_LE, TransferSyntax.EXPLICIT_BE)) {
      ByteArrayOutputStream bare = new ByteArrayOutputStream();
      DicomWriter.writeDataset(bare, instance(), ts);
      assertEquals(ts, read(bare.toByteArray()).transferSyntax());
    }
    for (String text : List.of("", "GET / HTTP/1.1\r\n\r\n", "MZ".repeat(300), "\0".repeat(200))) {
      assertThrows(DicomException.class, () -> read(text.getBytes(StandardCharsets.US_ASCII)));
    }
  }

  @Test
  void magicInsideAFileWithoutPreambleIsNoPreamble() throws IOException {
    Dataset dataset = instance().putString(Tag.ImageComments, "DICM".repeat(99));
    ByteArrayOutputStream bare = new ByteArrayOutputStream();
    for (int shift = 0; shift < 8; shift += 2) {
      bare.reset();
      DicomWriter.writeDataset(bare, dataset.putString(Tag.PatientID, "PPPPPPPP".substring(shift)),
          TransferSyntax.EXPLICIT_LE);
      Dataset read = read(bare.toByteArray()).dataset();
      assertEquals(dataset.requireString(Tag.ImageComments), read.requireString(Tag.ImageComments));
      assertEquals(dataset.size(), read.size());
    }
  }

  @Test
  void readUntilStopsBeforeTheTag() throws IOException {
    Path file = folder.resolve("a.dcm");
    DicomWriter.writeFile(file, instance().putBytes(Tag.PixelData, VR.OW, new byte[18]),
        TransferSyntax.EXPLICIT_LE);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));
    Dataset header = DicomReader.readUntil(file, Tag.PixelData).dataset();
    assertEquals(3, header.requireInt(Tag.Rows));
    assertFalse(header.contains(Tag.PixelData));
    DicomException e = assertThrows(DicomException.class, () -> DicomReader.read(file));
    assertTrue(e.getMessage().contains("a.dcm") && e.getMessage().contains("truncated"), e.getMessage());
    assertEquals(OptionalInt.of(Tag.PixelData), e.tag());
    assertEquals(OptionalLong.of(bytes.length - 30), e.offset());
  }

  @Test
  void everyTruncationIsRefusedOrEndsBetweenElements() throws IOException {
    Dataset code = new Dataset().putString(Tag.CodeValue, "1").putInt(Tag.Rows, 2);
    Dataset dataset = new Dataset().putItems(Tag.ConceptNameCodeSequence, List.of(code, code.copy()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, dataset, TransferSyntax.EXPLICIT_LE);
    for (int length = 1; length < out.size(); length++) {
      byte[] part = Arrays.copyOf(out.toByteArray(), length);
      assertThrows(
          DicomException.class,
          () -> DicomReader.readDataset(new ByteArrayInputStream(part), TransferSyntax.EXPLICIT_LE, LIMITS));
    }
  }

  @Test
  void aLengthThatTheStreamLacksAllocatesLittle() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    DicomException e = refused("e07f1000 4f57 0000 00000070 00000000");
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(e.getMessage().contains("truncated"), e.getMessage());
    assertTrue(allocated < 16 << 20, allocated + " bytes");
    assertTrue(refused("e07f1000 4f57 0000 ffffff7f 0000").getMessage().contains("limit"));
  }

  @Test
  void longValuesOfStreamsOfUnknownLengthAreRead() throws IOException {
    byte[] pixels = new byte[5_000_001];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i * 31 >> 4);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(
        out, new Dataset().putInt(Tag.Rows, 1).putBytes(Tag.PixelData, VR.OB, pixels),
            TransferSyntax.EXPLICIT_LE);
    InputStream drops =
        new ByteArrayInputStream(out.toByteArray()) {
          @Override
          public synchronized int read(byte[] target, int from, int count) {
            return super.read(target, from, Math.min(count, 1001));
          }
        };
    byte[] read = DicomReader.readDataset(drops, TransferSyntax.EXPLICIT_LE, LIMITS).bytes(Tag.PixelData);
    assertArrayEquals(pixels, Arrays.copyOf(read, pixels.length));
    assertEquals(pixels.length + 1, read.length, "padded to an even length");
  }

  @Test
  void depthItemsElementsAndBytesAreLimited() throws IOException {
    String open = "400030a7 5351 0000 ffffffff feff00e0 ffffffff";
    String close = "feff0de0 00000000 feffdde0 00000000";
    assertEquals(1, explicit(open.repeat(64) + close.repeat(64)).size());
    assertTrue(refused(open.repeat(65) + close.repeat(65)).getMessage().contains("64"));
    assertTrue(refused(open.repeat(10_000)).getMessage().contains("64"));
    ParseLimits tight = new ParseLimits(60, 20, 2, 1, 3);
    String twoItems = "400030a7 5351 0000 10000000 feff00e0 00000000 feff00e0 00000000";
    assertThrows(DicomException.class, () -> explicit(twoItems, tight));
    assertThrows(DicomException.class, () -> explicit(PATIENT_ID.repeat(4), tight));
    assertThrows(DicomException.class, () -> explicit("10002000 4c4f 1600" + "41".repeat(22), tight));
    String twenty = "4c4f 1400" + "41".repeat(20);
    assertThrows(
        DicomException.class, () ->
            explicit("10002000" + twenty + "10002100" + twenty + "10003000" + twenty, tight));
  }

  private static Dataset explicit(String hex, ParseLimits limits) throws IOException {
    return DicomReader.readDataset(new ByteArrayInputStream(hex(hex)), TransferSyntax.EXPLICIT_LE, limits);
  }

  @Test
  void sequencesOfDefinedAndUndefinedLengthAreTheSame() throws IOException {
    Dataset defined = explicit("400030a7 5351 0000 12000000 feff00e0 0a000000" + PATIENT_ID);
    Dataset undefined =
        explicit("400030a7 5351 0000 ffffffff feff00e0 ffffffff" + PATIENT_ID
            + "feff0de0 00000000 feffdde0 00000000");
    assertEquals(defined, undefined);
    assertEquals("AB", defined.items(Tag.ContentSequence).get(0).requireString(Tag.PatientID));
  }

  @Test
  void unknownVrWithUndefinedLengthIsImplicitSequence() throws IOException {
    String items = "feff00e0 ffffffff 10002000 02000000 4142 feff0de0 00000000 feffdde0 00000000";
    Dataset read = explicit("09001010 554e 0000 ffffffff" + items);
    assertEquals("AB", read.items(0x00091010).get(0).requireString(Tag.PatientID));
    assertEquals(read, implicit("09001010 ffffffff" + items));
    Dataset known = explicit("400030a7 554e 0000 12000000 feff00e0 0a000000 10002000 02000000 4142");
    assertEquals("AB", known.items(Tag.ContentSequence).get(0).requireString(Tag.PatientID));
    assertEquals(VR.US, explicit("28001000 554e 0000 02000000 0300").get(Tag.Rows).vr());
    assertEquals(VR.UN, explicit("09001010 554e 0000 02000000 0300").get(0x00091010).vr());
  }

  @Test
  void oddLengthsAreReadAndPaddedOnWriting() throws IOException {
    Dataset read = explicit("10002000 4c4f 0300 414243" + "28001000 5553 0200 0300");
    assertEquals("ABC", read.requireString(Tag.PatientID));
    assertEquals(3, read.requireInt(Tag.Rows));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, read, TransferSyntax.EXPLICIT_LE);
    assertArrayEquals(hex("10002000 4c4f 0400 41424320 28001000 5553 0200 0300"), out.toByteArray());
  }

  @Test
  void oddThingsThatAreRead() throws IOException {
    assertEquals(1, explicit(PATIENT_ID + "00000000 0000 0000 0000").size(), "zeros behind the end");
    assertEquals(1, explicit(PATIENT_ID + "0000").size(), "zeros behind the end");
    assertEquals("AB", explicit("10002000 02000000 4142").requireString(Tag.PatientID),
        "implicit in explicit");
    assertEquals(VR.UN, explicit("09001010 5a5a 0000 02000000 4142").get(0x00091010).vr(),
        "a VR of the future");
    assertEquals(1, explicit(PATIENT_ID + PATIENT_ID).size(), "the same twice");
    assertNull(explicit("10000000 554c 0400 0a000000" + PATIENT_ID).get(0x00100000), "group length");
  }

  /** PS3.5 §7.1.1, PS3.7 §6.3.1: groups 0000 and 0002 are not part of a data set, nor of what is stored. */
  @Test
  void commandAndMetaElementsInADatasetAreReadButNotStored() throws IOException {
    Dataset read = explicit("00000001 5553 0200 0100" + "02001000 5549 0600 312e322e3334" + PATIENT_ID);
    assertEquals(1, read.requireInt(Tag.CommandField));
    assertEquals("1.2.34", read.requireString(Tag.TransferSyntaxUID));
    DicomFile stored = read(file(read.putAll(instance().remove(Tag.PatientID)), TransferSyntax.EXPLICIT_LE));
    assertFalse(stored.dataset().contains(Tag.CommandField));
    assertFalse(stored.dataset().contains(Tag.TransferSyntaxUID));
    assertEquals(TransferSyntax.EXPLICIT_LE, stored.transferSyntax());
    assertEquals("AB", stored.dataset().requireString(Tag.PatientID));
    assertEquals(List.of(), implicit("00000000 04000000 0a000000" + "00000001 02000000 0100").strings(Tag.PatientID));
    assertEquals(10, implicit("00000000 04000000 0a000000" + "00000001 02000000 0100")
        .requireInt(Tag.CommandGroupLength));
  }

  @Test
  void paddingBehindPixelDataIsRead() throws IOException {
    String pixels = "e07f1000 4f57 0000 02000000 0102";
    assertEquals(1, explicit(pixels + "0000".repeat(3000)).size());
    Dataset padded = explicit(pixels + "fcfffcff 4f42 0000 04000000 00000000");
    assertEquals(4, padded.bytes(Tag.DataSetTrailingPadding).length);
    assertTrue(refused(pixels + "0000".repeat(3000) + "01").getMessage().contains("zeros"));
  }

  @Test
  void refusals() {
    assertTrue(refused(PATIENT_ID + PATIENT_ID.replace("4142", "4143")).getMessage().contains("twice"));
    assertTrue(refused("10002000 ffff 0200 4142").getMessage().contains("FF FF"));
    assertTrue(refused("feff0de0 00000000").getMessage().contains("delimiter"));
    assertTrue(refused("10002000 5554 0000 ffffffff").getMessage().contains("undefined length"));
    assertTrue(refused("e07f1000 4f42 0000 ffffffff feffdde0 00000000").getMessage()
        .contains("offset table"));
    assertTrue(refused("400030a7 5351 0000 08000000 feff00e0 0a000000" + PATIENT_ID).getMessage()
        .contains("truncated"));
  }

  @Test
  void fragmentsAreKept() throws IOException {
    List<byte[]> fragments = List.of(new byte[] {0, 0, 0, 0}, hex("ffd8 feffdde0"), hex("0102"));
    Dataset dataset = instance().put(Element.ofFragments(Tag.PixelData, VR.OB, fragments));
    DicomFile read = read(file(dataset, TransferSyntax.JPEG_LOSSLESS_SV1));
    assertEquals(dataset.get(Tag.PixelData), read.dataset().get(Tag.PixelData));
    assertThrows(DicomException.class, () -> file(dataset, TransferSyntax.EXPLICIT_LE));
  }

  @Test
  void aValueTooLongForItsVrIsWrittenAsUnknown() throws IOException {
    Dataset dataset = instance().putBytes(Tag.ContourData, VR.DS, new byte[70_000]);
    Dataset nested = new Dataset().putItems(Tag.ContourSequence, List.of(dataset.copy()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, nested, TransferSyntax.EXPLICIT_LE);
    Dataset read =
        DicomReader.readDataset(new ByteArrayInputStream(out.toByteArray()), TransferSyntax.EXPLICIT_LE,
            LIMITS);
    assertEquals(VR.DS, read.items(Tag.ContourSequence).get(0).get(Tag.ContourData).vr());
    assertEquals(70_000, read.items(Tag.ContourSequence).get(0).bytes(Tag.ContourData).length);
  }
}

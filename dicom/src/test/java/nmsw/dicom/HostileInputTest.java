package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nmsw.dicom.json.BulkData;
import nmsw.dicom.json.DicomJsonReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad input by class, and what senders do that is odd but real: for each the tests that show what becomes of it.
 * Those of this class refuse, take little memory and then read a good file. {@link #everyTestOfTheTableExists}
 * keeps the table true.
 *
 * <table>
 *   <caption>Bad input (public cases)</caption>
 *   <tr><td>UID in a file name: CVE-2022-2119, CVE-2026-56445, CVE-2026-32711</td>
 *       <td>HostileInputTest#aUidThatIsAPathIsNoUid, SpoolTest#aHostileUidNeverBecomesAPath</td></tr>
 *   <tr><td>attribute in a shell command: CVE-2026-5663</td>
 *       <td>HostileInputTest#nothingRunsProgramsOrReadsObjectsXmlOrYaml</td></tr>
 *   <tr><td>value length beyond the stream: CVE-2026-3650; group length: CVE-2026-5437; PDU length</td>
 *       <td>HostileInputTest#lengthsBeyondTheStream, HostileInputTest#groupLengthsAreNotBelieved,
 *       DicomServerTest#gigabytePduIsAbortedBeforeItsBody</td></tr>
 *   <tr><td>Rows x Columns x Frames overflow: CVE-2026-5442</td>
 *       <td>HostileInputTest#imagesLargerThanTheirPixelData</td></tr>
 *   <tr><td>palette or LUT index out of range: CVE-2026-5443, CVE-2026-5445</td>
 *       <td>HostileInputTest#lookUpTablesAreNotApplied</td></tr>
 *   <tr><td>encapsulated fragments: CVE-2025-11266, CVE-2026-5441</td>
 *       <td>HostileInputTest#fragmentsThatDoNotFit</td></tr>
 *   <tr><td>association flood, half-open associations, slow loris: CVE-2026-50254, CVE-2026-35505</td>
 *       <td>DicomServerTest#halfOpenConnectionsTakeNoSeat,
 *       DicomServerTest#connectionsBeyondAllBoundsAreClosedAtOnce, DicomServerTest#silenceEndsWithArtim</td></tr>
 *   <tr><td>decompression bombs: CVE-2026-5438, -5439, -5440</td>
 *       <td>TransferSyntaxesTest#aDecompressionBombIsRefusedEarly</td></tr>
 *   <tr><td>polyglot preamble: CVE-2019-11687</td><td>HostileInputTest#aForeignPreambleIsNotKept</td></tr>
 *   <tr><td>missing attribute: CVE-2022-2121</td><td>HostileInputTest#missingAttributesAreNamed</td></tr>
 *   <tr><td>sequences nested 1,000 levels deep</td><td>HostileInputTest#deepNesting</td></tr>
 *   <tr><td>XML entities, YAML tags, pickle</td>
 *       <td>HostileInputTest#nothingRunsProgramsOrReadsObjectsXmlOrYaml,
 *       HostileInputTest#jsonFetchesNothing</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Odd but real</caption>
 *   <tr><td>private tags with unknown VR</td><td>DicomReaderTest#oddThingsThatAreRead</td></tr>
 *   <tr><td>wrong group length</td><td>DicomReaderTest#wrongGroupLengthAndForeignPreambleAreTolerated</td></tr>
 *   <tr><td>odd value lengths</td><td>DicomReaderTest#oddLengthsAreReadAndPaddedOnWriting</td></tr>
 *   <tr><td>missing Part 10 preamble</td><td>DicomReaderTest#filesWithoutPreambleOrMeta</td></tr>
 *   <tr><td>UN sequences of implicit content</td>
 *       <td>DicomReaderTest#unknownVrWithUndefinedLengthIsImplicitSequence,
 *       TransferSyntaxesTest#unknownInBigEndianIsLittleEndian</td></tr>
 *   <tr><td>trailing padding after pixel data</td><td>DicomReaderTest#paddingBehindPixelDataIsRead</td></tr>
 *   <tr><td>dates like 2026.01.01, DS longer than 16 bytes, AE titles with blanks</td>
 *       <td>ValidityTest#repaired</td></tr>
 *   <tr><td>several values in IS and DS with blanks</td><td>ValidityTest#severalNumbersWithBlanks</td></tr>
 *   <tr><td>ISO 2022 character sets</td>
 *       <td>CharacterSetTest#namesOfTheStandardsAnnexesBothWays, CharacterSetTest#whatWritersSend</td></tr>
 *   <tr><td>Deflated, Big Endian, compressed</td>
 *       <td>RealFilesIT#everyUncompressedSyntaxGivesTheSameImage,
 *       TransferSyntaxesTest#encapsulatedPixelDataPassThroughUntouched</td></tr>
 *   <tr><td>HTTP on the DICOM port</td><td>DicomServerTest#httpRequestIsAbortedAtOnce</td></tr>
 * </table>
 */
class HostileInputTest {
  private static final long LITTLE = 16 << 20;

  private interface Reading {
    void run() throws IOException;
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Dataset image() {
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.SegmentationStorage)
        .putString(Tag.SOPInstanceUID, "1.2.34")
        .putInt(Tag.SamplesPerPixel, 1)
        .putInt(Tag.Rows, 2)
        .putInt(Tag.Columns, 2)
        .putInt(Tag.BitsAllocated, 8)
        .putInt(Tag.BitsStored, 8)
        .putInt(Tag.PixelRepresentation, 0)
        .putBytes(Tag.PixelData, VR.OB, new byte[4]);
  }

  private static byte[] file(Dataset dataset, TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeFile(out, dataset, ts);
    return out.toByteArray();
  }

  private static DicomFile read(byte[] file) throws IOException {
    return DicomReader.read(new ByteArrayInputStream(file), ParseLimits.defaults());
  }

  private static void readDataset(byte[] bytes, TransferSyntax ts) throws IOException {
    DicomReader.readDataset(new ByteArrayInputStream(bytes), ts, ParseLimits.defaults());
  }

  /** Refused with little memory taken, and what is good is read afterwards. */
  private static DicomException refused(Reading reading) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    DicomException e = assertThrows(DicomException.class, reading::run);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < LITTLE, allocated + " bytes for: " + e.getMessage());
    try {
      assertEquals(image(), read(file(image(), TransferSyntax.EXPLICIT_LE)).dataset());
    } catch (IOException good) {
      throw new AssertionError(good);
    }
    return e;
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../etc/passwd", "1.2/../3", "1.2;rm", "C:\\x", "1.2\u0000.3", "1.2\n3"})
  void aUidThatIsAPathIsNoUid(String uid) {
    Dataset dataset = new Dataset().putBytes(Tag.SOPInstanceUID, VR.UI, uid.getBytes(StandardCharsets.US_ASCII));
    assertEquals(1, Validity.LENIENT.problems(dataset).size());
    assertFalse(Validity.STRICT.problems(dataset).toString().contains(uid));
  }

  /** What classes refer to stands in their files, names behind their length. */
  @Test
  void nothingRunsProgramsOrReadsObjectsXmlOrYaml() throws Exception {
    Path classes = Path.of(DicomReader.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    int seen = 0;
    try (Stream<Path> walk = Files.walk(classes)) {
      for (Path file : walk.filter(path -> path.toString().endsWith(".class")).toList()) {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (String word : List.of(
            "java/lang/ProcessBuilder", "\u0000\u0011java/lang/Runtime", "java/io/ObjectInputStream", "javax/xml",
            "org/yaml",
            "javax/script", "java/net/URL;", "java/net/http")) {
          assertFalse(content.contains(word), file + " refers to " + word);
        }
        seen++;
      }
    }
    assertTrue(seen > 50, seen + " classes");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "e07f1000 4f57 0000 ffffff7f 0000", "e07f1000 4f57 0000 feffffff 0000", "10002000 4c4f ffff 4142",
        "400030a7 5351 0000 feffffff feff00e0 00000000", "400030a7 5351 0000 ffffffff feff00e0 feffffff 1000"
      })
  void lengthsBeyondTheStream(String bytes) {
    assertTrue(refused(() -> readDataset(hex(bytes), TransferSyntax.EXPLICIT_LE)).tag().isPresent());
  }

  @Test
  void groupLengthsAreNotBelieved() throws IOException {
    byte[] file = file(image(), TransferSyntax.EXPLICIT_LE);
    for (String length : List.of("ffffffff", "00000000", "ffffff7f", "01000000")) {
      System.arraycopy(hex(length), 0, file, 140, 4);
      assertEquals(image(), read(file).dataset());
    }
    byte[] value = file.clone();
    // The length of the group length itself.
    System.arraycopy(hex("ffff"), 0, value, 138, 2);
    refused(() -> read(value));
  }

  @Test
  void imagesLargerThanTheirPixelData() {
    Dataset huge = image().putInt(Tag.Rows, 65535).putInt(Tag.Columns, 65535);
    huge.putInt(Tag.NumberOfFrames, Integer.MAX_VALUE);
    for (int frame : new int[] {0, 1, Integer.MAX_VALUE - 1, Integer.MAX_VALUE, -1}) {
      DicomException e = refused(() -> PixelDecoder.decode(huge, TransferSyntax.EXPLICIT_LE, frame));
      assertTrue(e.tag().isPresent(), e.getMessage());
    }
  }

  /** The pixels are indexes, whatever the tables say; nothing is looked up. */
  @Test
  void lookUpTablesAreNotApplied() throws IOException {
    Dataset palette =
        image()
            .putString(Tag.PhotometricInterpretation, "PALETTE COLOR")
            .putInt(Tag.RedPaletteColorLookupTableDescriptor, 65535, 65535, 16)
            .putBytes(Tag.RedPaletteColorLookupTableData, VR.OW, new byte[2])
            .putBytes(Tag.PixelData, VR.OB, new byte[] {-1, -1, -1, -1});
    Dataset read = read(file(palette, TransferSyntax.EXPLICIT_LE)).dataset();
    assertArrayEquals(new int[] {255, 255, 255, 255}, PixelDecoder.decode(read, TransferSyntax.EXPLICIT_LE, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "feff00e0 ffffffff", "feff00e0 feffffff 0000", "feff00e0 00000000 feff00e0 ffffff7f", "feff00e0 04000000 0000",
        "feffdde0 00000000", "fe", "10002000 00000000", "feff0de0 00000000"
      })
  void fragmentsThatDoNotFit(String items) {
    byte[] bytes = hex("e07f1000 4f42 0000 ffffffff" + items);
    assertEquals(Tag.PixelData, refused(() -> readDataset(bytes, TransferSyntax.JPEG_LOSSLESS)).tag().getAsInt());
    assertEquals(
        Tag.PixelData,
        refused(() -> DicomReader.read(
            new ByteArrayInputStream(withMeta(bytes)), ParseLimits.defaults(), PixelDataHandler.SKIP)).tag().getAsInt());
  }

  private static byte[] withMeta(byte[] dataset) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeFileMeta(out, Uid.CTImageStorage, "1.2.34", TransferSyntax.JPEG_LOSSLESS);
    out.write(dataset);
    return out.toByteArray();
  }

  /** A PE or ELF header in the preamble makes one file two. */
  @ParameterizedTest
  @ValueSource(strings = {"MZ\u0090", "\u007FELF", "#!/bin/sh", "PK\u0003\u0004", "II*\u0000"})
  void aForeignPreambleIsNotKept(String magic) throws IOException {
    byte[] file = file(image(), TransferSyntax.EXPLICIT_LE);
    byte[] start = magic.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(start, 0, file, 0, start.length);
    DicomFile read = read(file);
    assertEquals(image(), read.dataset());
    assertArrayEquals(new byte[128], Arrays.copyOf(file(read.dataset(), read.transferSyntax()), 128));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        Tag.Rows, Tag.Columns, Tag.BitsAllocated, Tag.BitsStored, Tag.PixelRepresentation, Tag.PixelData,
        Tag.SOPClassUID, Tag.SOPInstanceUID
      })
  void missingAttributesAreNamed(int tag) {
    for (Dataset dataset : List.of(image().remove(tag), image().putBytes(tag, VR.UN, new byte[0]))) {
      DicomException e =
          refused(() -> {
            file(dataset, TransferSyntax.EXPLICIT_LE);
            PixelDecoder.decode(dataset, TransferSyntax.EXPLICIT_LE, 0);
          });
      assertEquals(tag, e.tag().getAsInt(), e.getMessage());
    }
    refused(() -> read(file(image(), TransferSyntax.EXPLICIT_LE)).meta().requireString(tag));
  }

  @Test
  void deepNesting() {
    String explicit = "400030a7 5351 0000 ffffffff feff00e0 ffffffff";
    String implicit = "400030a7 ffffffff feff00e0 ffffffff";
    String big = "0040a730 5351 0000 ffffffff fffee000 ffffffff";
    String unknown = "09001010 554e 0000 ffffffff feff00e0 ffffffff";
    refused(() -> readDataset(hex(explicit.repeat(1000)), TransferSyntax.EXPLICIT_LE));
    refused(() -> readDataset(hex(implicit.repeat(100_000)), TransferSyntax.IMPLICIT_LE));
    refused(() -> readDataset(hex(big.repeat(1000)), TransferSyntax.EXPLICIT_BE));
    refused(() -> readDataset(hex(unknown + implicit.repeat(1000)), TransferSyntax.EXPLICIT_LE));
    byte[] json = "{\"0040A730\":{\"vr\":\"SQ\",\"Value\":[".repeat(1000).getBytes(StandardCharsets.US_ASCII);
    refused(() -> DicomJsonReader.read(new ByteArrayInputStream(json), ParseLimits.defaults(), BulkData.REFUSED));
  }

  @Test
  void jsonFetchesNothing() {
    byte[] json =
        "{\"7FE00010\":{\"vr\":\"OW\",\"BulkDataURI\":\"file:///etc/passwd\"}}".getBytes(StandardCharsets.US_ASCII);
    DicomException e =
        refused(() -> DicomJsonReader.read(new ByteArrayInputStream(json), ParseLimits.defaults(), BulkData.REFUSED));
    assertTrue(e.getMessage().contains("nothing is fetched"), e.getMessage());
  }

  @Test
  void everyTestOfTheTableExists() throws IOException {
    Path root = Path.of(System.getProperty("nmsw.root"));
    Path here = root.resolve("dicom/src/test/java/nmsw/dicom/HostileInputTest.java");
    String table = Files.readString(here).split("\nclass ")[0];
    Set<String> missing = new HashSet<>();
    int rows = table.split("<tr>").length - 1;
    Matcher names = Pattern.compile("(\\w+)#(\\w+)").matcher(table);
    List<Path> tests = new ArrayList<>();
    for (String module : List.of("dicom", "scp")) {
      tests.addAll(SharedData.files(root.resolve(module).resolve("src/test/java")));
    }
    while (names.find()) {
      boolean exists = false;
      for (Path file : tests) {
        exists |= file.endsWith(names.group(1) + ".java")
            && Files.readString(file).contains(" void " + names.group(2) + "(");
      }
      if (!exists) {
        missing.add(names.group());
      }
    }
    assertEquals(Set.of(), missing);
    assertEquals(23, rows, "12 classes and 11 oddities");
  }
}

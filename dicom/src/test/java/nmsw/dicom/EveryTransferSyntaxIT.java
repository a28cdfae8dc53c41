package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import nmsw.dicom.json.DicomJsonReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real images in every transfer syntax, written by us and read by DCMTK, GDCM and pydicom, and the reverse: elements and pixels
 * are the same. What is not encoded here is passed through as a peer encoded it.
 */
@Timeout(600)
class EveryTransferSyntaxIT {
  /**
   * How peers make a file of a transfer syntax, of a native one.
   *
   * @param dcmtk DCMTK's encoder; empty if it has none, so that it writes anew what GDCM encoded
   * @param gdcm GDCM's encoder; empty if it has none, so that it writes anew what DCMTK encoded
   * @param decoder DCMTK's; empty if it has none
   * @param tolerance by which decoders of lossy syntaxes may differ, see {@link nmsw.dicom.codec.PeersIT}
   */
  private record Row(TransferSyntax syntax, String dcmtk, String gdcm, String decoder, int tolerance) {
    boolean isLossy() {
      return syntax.mayBeLossy();
    }
  }

  private static final List<Row> ROWS =
      List.of(
          new Row(TransferSyntax.EXPLICIT_LE, "dcmconv +te", "gdcmconv --explicit", "dcmconv +te", 0),
          new Row(TransferSyntax.IMPLICIT_LE, "dcmconv +ti", "gdcmconv --implicit", "dcmconv +te", 0),
          new Row(TransferSyntax.DEFLATED_LE, "dcmconv +td", "gdcmconv --deflated", "dcmconv +te", 0),
          new Row(TransferSyntax.EXPLICIT_BE, "dcmconv +tb", "", "dcmconv +te", 0),
          new Row(TransferSyntax.RLE_LOSSLESS, "dcmcrle", "gdcmconv --rle", "dcmdrle", 0),
          new Row(TransferSyntax.JPEG_LOSSLESS_SV1, "dcmcjpeg +e1", "gdcmconv --jpeg", "dcmdjpeg", 0),
          new Row(TransferSyntax.JPEG_LOSSLESS, "dcmcjpeg +el +sv 6", "", "dcmdjpeg", 0),
          new Row(TransferSyntax.JPEG_LS_LOSSLESS, "dcmcjpls +el", "gdcmconv --jpegls", "dcmdjpls", 0),
          new Row(TransferSyntax.JPEG_2000_LOSSLESS, "", "gdcmconv --j2k", "", 0),
          new Row(TransferSyntax.JPEG_LS_NEAR_LOSSLESS, "dcmcjpls +en +md 2", "gdcmconv --jpegls --lossy -e 2", "dcmdjpls", 0),
          new Row(TransferSyntax.JPEG_2000, "", "gdcmconv --j2k --lossy --irreversible -q 60", "", 4),
          new Row(TransferSyntax.JPEG_EXTENDED, "dcmcjpeg +ee", "", "dcmdjpeg", 1),
          new Row(TransferSyntax.JPEG_BASELINE, "dcmcjpeg +eb", "", "dcmdjpeg", 1));

  /** One with signed pixels and private elements, one of two frames with nested sequences and palettes. */
  private static final List<String> OBJECTS =
      List.of("odd/SignedCT.dcm", "transfer-syntax/enhanced-ct-2frame/CT0012.explicit_little_endian.dcm");

  private record Case(Row row, int object) {
    @Override
    public String toString() {
      return row.syntax.name() + ", object " + object;
    }

    Path file(String writer) {
      return folder.resolve(object + "." + row.syntax.uid() + "." + writer + ".dcm");
    }

    Path beside(String writer, String suffix) {
      return folder.resolve(object + "." + row.syntax.uid() + "." + writer + suffix);
    }
  }

  @TempDir private static Path folder;

  /** Lossy encoders take no signed images, or make others of them. */
  private static List<Case> cases() {
    return ROWS.stream()
        .flatMap(row -> (row.isLossy() ? List.of(1) : List.of(0, 1)).stream().map(object -> new Case(row, object)))
        .toList();
  }

  private static Path original(int object) {
    return folder.resolve(object + ".native.dcm");
  }

  @BeforeAll
  static void everybodyWrites() throws Exception {
    for (int object = 0; object < OBJECTS.size(); object++) {
      Dataset dataset = DicomReader.read(SharedData.folder().resolve(OBJECTS.get(object))).dataset();
      DicomWriter.writeFile(original(object), dataset, TransferSyntax.EXPLICIT_LE);
    }
    for (Case each : cases()) {
      Path dcmtk = each.file("dcmtk");
      Path gdcm = each.file("gdcm");
      if (each.row.dcmtk.isEmpty()) {
        run(each.row.gdcm, original(each.object), gdcm);
        run("dcmconv", gdcm, dcmtk);
      } else {
        run(each.row.dcmtk, original(each.object), dcmtk);
        boolean encodes = !each.row.gdcm.isEmpty();
        run(encodes ? each.row.gdcm : "gdcmconv", encodes ? original(each.object) : dcmtk, gdcm);
      }
      DicomWriter.writeFile(each.file("ours"), ours(each), each.row.syntax);
    }
    Path script = Path.of(EveryTransferSyntaxIT.class.getResource("/syntaxes.py").toURI());
    Command.run("/usr/bin/python3", "-W", "ignore", script, folder);
  }

  /** What we write: encoded by ourselves if we can. */
  private static Dataset ours(Case each) throws IOException {
    Dataset dataset = DicomReader.read(original(each.object)).dataset();
    if (each.row.syntax.equals(TransferSyntax.RLE_LOSSLESS)) {
      return dataset.put(PixelEncoder.rle(dataset));
    }
    String encoder = each.row.dcmtk.isEmpty() ? "gdcm" : "dcmtk";
    return each.row.syntax.encapsulated() ? DicomReader.read(each.file(encoder)).dataset() : dataset;
  }

  private static Path run(String program, Path file, Path into) throws Exception {
    List<Object> words = new ArrayList<>(List.of((Object[]) program.split(" ")));
    words.addAll(List.of(file, into));
    Command.run(words.toArray());
    return into;
  }

  @Test
  void noTransferSyntaxIsLeftOut() {
    assertEquals(
        Set.copyOf(PixelDecoder.transferSyntaxes()), ROWS.stream().map(Row::syntax).collect(Collectors.toSet()));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theyReadOurs(Case each) throws Exception {
    Path file = each.file("ours");
    Dataset written = ours(each);
    List<int[]> pixels = Pixels.decoded(file);
    Path dcmtk = run(each.row.decoder.isEmpty() ? "dcmconv" : each.row.decoder, file, folder.resolve("dcmtk.tmp"));
    Dataset readByDcmtk = DicomReader.read(dcmtk).dataset();
    SameElements.assertEqual(written, readByDcmtk, "DCMTK");
    if (each.row.decoder.isEmpty()) {
      assertArrayEquals(joined(written.get(Tag.PixelData)), joined(readByDcmtk.get(Tag.PixelData)));
    } else {
      assertSamePixels(Pixels.decoded(dcmtk), pixels, each.row.tolerance, "DCMTK");
    }
    Path gdcm = run("gdcmconv --raw", file, folder.resolve("gdcm.tmp"));
    Dataset readByGdcm = DicomReader.read(gdcm).dataset();
    if (each.row.isLossy() && !written.contains(Tag.LossyImageCompressionMethod)) {
      // That peer says so where it decompresses.
      readByGdcm.remove(Tag.LossyImageCompressionMethod);
    }
    SameElements.assertEqual(written, readByGdcm, "GDCM");
    assertSamePixels(Pixels.decoded(gdcm), pixels, each.row.tolerance, "GDCM");
    assertSameAsPydicom(each, "ours");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void weReadTheirs(Case each) throws Exception {
    for (String writer : List.of("dcmtk", "gdcm", "pydicom")) {
      Path file = each.file(writer);
      assertEquals(each.row.syntax, DicomReader.read(file).transferSyntax(), writer);
      Path expected =
          each.row.isLossy() ? run("gdcmconv --raw", file, folder.resolve("decoded.tmp")) : original(each.object);
      assertSamePixels(Pixels.decoded(expected), Pixels.decoded(file), each.row.tolerance, writer);
      assertSameAsPydicom(each, writer);
    }
    Dataset written = ours(each);
    Dataset read = DicomReader.read(each.file("pydicom")).dataset();
    SameElements.assertEqual(written, read, "pydicom");
    if (each.row.syntax.encapsulated() && !each.row.syntax.equals(TransferSyntax.RLE_LOSSLESS)) {
      assertArrayEquals(joined(written.get(Tag.PixelData)), joined(read.get(Tag.PixelData)));
    }
  }

  private static void assertSamePixels(List<int[]> expected, List<int[]> actual, int tolerance, String where) {
    int difference = Pixels.difference(expected, actual);
    assertTrue(difference <= tolerance, () -> "pixels of " + where + " differ by " + difference);
  }

  /** pydicom and we read the same in a file. */
  private static void assertSameAsPydicom(Case each, String writer) throws IOException {
    DicomFile file = DicomReader.read(each.file(writer));
    Dataset dataset = file.dataset();
    Element pixelData = dataset.get(Tag.PixelData);
    Path fragments = each.beside(writer, ".fragments");
    if (Files.exists(fragments)) {
      assertArrayEquals(Files.readAllBytes(fragments), joined(pixelData), writer);
    } else {
      assertArrayEquals(Files.readAllBytes(each.beside(writer, ".pixels")), cells(each.file(writer)), writer);
    }
    dataset.remove(Tag.PixelData);
    try (InputStream in = Files.newInputStream(each.beside(writer, ".json"))) {
      Dataset theirs =
          DicomJsonReader.read(in, ParseLimits.defaults(), (tag, vr, uri) -> new byte[0]).get(0);
      SameElements.assertSame(dataset, theirs, writer + " read by pydicom");
      SameElements.assertSame(theirs, dataset, writer + " read by us");
    }
  }

  /** Each fragment behind its length; without the offset table. */
  private static byte[] joined(Element pixelData) {
    List<byte[]> fragments = pixelData.fragments().subList(1, pixelData.fragments().size());
    ByteBuffer all =
        ByteBuffer.allocate(fragments.stream().mapToInt(f -> 4 + f.length).sum()).order(ByteOrder.LITTLE_ENDIAN);
    fragments.forEach(fragment -> all.putInt(fragment.length).put(fragment));
    return all.array();
  }

  /** The pixels in 16 bits each, as allocated in both objects. */
  private static byte[] cells(Path file) throws IOException {
    List<int[]> frames = Pixels.decoded(file);
    ByteBuffer all =
        ByteBuffer.allocate(2 * frames.stream().mapToInt(f -> f.length).sum()).order(ByteOrder.LITTLE_ENDIAN);
    frames.forEach(frame -> Arrays.stream(frame).forEach(value -> all.putShort((short) value)));
    return all.array();
  }
}

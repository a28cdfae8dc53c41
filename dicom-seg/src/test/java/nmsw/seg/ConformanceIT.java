package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Other people's programs judge our objects: dicom3tools (dciodvfy for one object, dcentvfy for object and
 * source together), DCMTK, GDCM and pydicom. A program that is not installed fails the test.
 */
class ConformanceIT {
  @TempDir Path folder;

  static Stream<CtFixture> geometries() {
    return Stream.of(
        CtFixture.axial(512, 512, 6),
        CtFixture.axial(123, 101, 7),
        new CtFixture(64, 48, 5, "0.5", "1.953125", CtFixture.AXIAL),
        new CtFixture(40, 33, 5, "0.9", "0.9", CtFixture.AXIAL_PRONE_FEET_FIRST),
        new CtFixture(60, 50, 8, "1.5", "0.8", CtFixture.SAGITTAL));
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void dicom3toolsFindNoError(CtFixture ct) throws Exception {
    Path seg = write(ct, ct.boxes());
    assertNoError(PeerProgram.run("dciodvfy", seg.toString()));
    List<String> entities = new ArrayList<>(List.of("dcentvfy", seg.toString()));
    for (int k = 0; k < ct.slices(); k++) {
      Path slice = folder.resolve("ct" + k + ".dcm");
      DicomWriter.writeFile(slice, ct.slice(k), TransferSyntax.EXPLICIT_LE);
      entities.add(slice.toString());
    }
    assertNoError(PeerProgram.run(entities.toArray(String[]::new)));
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void dcmtkReadsIt(CtFixture ct) throws Exception {
    String dump = PeerProgram.run("dcmdump", "+U8", write(ct, ct.boxes()).toString());
    assertTrue(dump.contains("[M\u00fcller^J\u00f6rg]"), dump);
    assertTrue(dump.contains("=SegmentationStorage"), dump);
    assertTrue(!dump.contains("E: ") && !dump.contains("W: "), dump);
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void pydicomReadsTheSamePixels(CtFixture ct) throws Exception {
    SliceLabels labels = ct.rows() == 512 ? ct.boxes() : ct.scattered(ct.rows());
    WrittenSegmentation written = ct.write(labels);
    List<String> expected = new ArrayList<>();
    expected.add("M\u00fcller^J\u00f6rg " + Uid.SegmentationStorage + " " + TransferSyntax.EXPLICIT_LE.uid());
    List<LabelClass> segments = written.segments();
    for (LabelClass segment : segments) {
      expected.add(
          (segments.indexOf(segment) + 1) + " " + segment.label() + " " + segment.type().value());
    }
    for (LabelClass segment : segments) {
      for (int k = 0; k < labels.stack().size(); k++) {
        byte[] mask = mask(labels.labels().get(k), segment.index());
        if (mask.length > 0) {
          expected.add(frameLine(segments.indexOf(segment) + 1, labels.stack().slices().get(k), mask));
        }
      }
    }
    String read = PeerProgram.python("read_segmentation.py", write(ct, labels).toString());
    assertEquals(expected, read.lines().toList());
  }

  /** Rows and columns that leave a frame inside a byte. */
  private final CtFixture odd = CtFixture.axial(23, 31, 7);

  @Test
  void dicom3toolsFindNoErrorInAnyForm() throws Exception {
    for (Compression compression : Compression.values()) {
      assertNoError(PeerProgram.run("dciodvfy", verifiable(Kind.BINARY, compression).toString()));
      assertNoError(PeerProgram.run("dciodvfy", verifiable(Kind.FRACTIONAL, compression).toString()));
    }
  }

  /** What is left of its errors is that it does not know the label map's IOD, whose segments start at 0. */
  @Test
  void dicom3toolsFindNothingButThatItDoesNotKnowLabelMaps() throws Exception {
    Set<String> unknown =
        Set.of(
            "Error - Information Object Not found",
            "Error - SegmentNumber not monotonically increasing from one by one - have SegmentSequence item number 1"
                + " (from one) with SegmentNumber of 0");
    Set<String> unlikeBinary =
        Set.of(
            "Error - SegmentNumber not monotonically increasing from one by one - have SegmentSequence item number 1"
                + " (from one) with SegmentNumber of 0",
            "Error - Unrecognized enumerated value <LABELMAP> for value 1 of attribute <Segmentation Type>",
            "Error - Value is zero for value 1 of attribute <Segment Number>",
            "Error - Missing attribute Type 1 Required Element=<SegmentIdentificationSequence>"
                + " Module=<SegmentationMacro>");
    Set<String> of16Bits =
        Set.of(
            "Error - Unrecognized enumerated value <0x10> for value 1 of attribute <Bits Allocated>",
            "Error - Unrecognized enumerated value <0x10> for value 1 of attribute <Bits Stored>",
            "Error - Unrecognized enumerated value <0xf> for value 1 of attribute <High Bit>");
    List<Path> files = new ArrayList<>(List.of(writeMany(Kind.LABELMAP, Compression.NONE)));
    for (Compression compression : Compression.values()) {
      files.add(verifiable(Kind.LABELMAP, compression));
      files.add(verifiable(Kind.LABELMAP16, compression));
    }
    for (Path file : files) {
      assertEquals(Set.of(), errors(file, unknown));
      // As if it were of the class that it knows, all modules but that of the segmentation are checked.
      PeerProgram.run("dcmodify", "-nb", "-m", "SOPClassUID=" + Uid.SegmentationStorage, file.toString());
      Set<String> errors = errors(file, unlikeBinary);
      assertTrue(errors.isEmpty() || errors.equals(of16Bits), errors.toString());
    }
  }

  private static Set<String> errors(Path file, Set<String> expected) throws Exception {
    Process process = new ProcessBuilder("dciodvfy", file.toString()).redirectErrorStream(true).start();
    String report = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Set<String> errors =
        report.lines().filter(line -> line.startsWith("Error")).collect(Collectors.toCollection(TreeSet::new));
    errors.removeAll(expected);
    return errors;
  }

  /** Written in a form; a deflated file is inflated by DCMTK, because dciodvfy does not. */
  private Path verifiable(Kind kind, Compression compression) throws Exception {
    Path file = write(odd, kind, compression);
    if (compression != Compression.DEFLATED) {
      return file;
    }
    Path inflated = folder.resolve(kind + "-inflated.dcm");
    PeerProgram.run("dcmconv", "+te", file.toString(), inflated.toString());
    return inflated;
  }

  /** RLE of a bit per pixel is known to none of them. */
  @Test
  void pydicomDcmtkAndGdcmReadTheSamePixelsInAnyForm() throws Exception {
    List<String> files = new ArrayList<>();
    List<String> expected = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      byte[] pixels = pixels(kind);
      CRC32 checksum = new CRC32();
      checksum.update(pixels);
      String line = pixels.length / (2 * 23 * 31) + " 23 31 " + checksum.getValue();
      for (Compression compression : Compression.values()) {
        if (kind == Kind.BINARY && compression == Compression.RLE) {
          continue;
        }
        Path file = write(odd, kind, compression);
        assertTrue(PeerProgram.run("gdcmdump", file.toString()).contains("(5200,9230)"));
        files.add(file.toString());
        expected.add(line);
      }
      if (kind != Kind.BINARY) {
        Path decoded = folder.resolve(kind + "-dcmdrle.dcm");
        PeerProgram.run("dcmdrle", write(odd, kind, Compression.RLE).toString(), decoded.toString());
        files.add(decoded.toString());
        expected.add(line);
      }
    }
    ByteArrayOutputStream many = new ByteArrayOutputStream();
    for (char[] slice : odd.scattered(CtFixture.manyClasses(300), 300).labels()) {
      for (char label : slice) {
        many.write(label / 3);
        many.write(label / 3 >> 8);
      }
    }
    CRC32 checksumOfMany = new CRC32();
    checksumOfMany.update(many.toByteArray());
    for (Compression compression : Compression.values()) {
      files.add(writeMany(Kind.LABELMAP, compression).toString());
      expected.add("7 23 31 " + checksumOfMany.getValue());
    }
    // GDCM decodes pixels of SOP classes that it knows.
    Path decoded = folder.resolve("gdcmconv.dcm");
    PeerProgram.run("gdcmconv", "--raw", write(odd, Kind.FRACTIONAL, Compression.RLE).toString(), decoded.toString());
    files.add(decoded.toString());
    expected.add(expected.get(2));
    String read = PeerProgram.python("read_pixels.py", files.toArray(String[]::new));
    assertEquals(expected, read.lines().toList());
  }

  /** Two bytes per pixel of every frame. */
  private byte[] pixels(Kind kind) throws Exception {
    SliceLabels labels = odd.boxes();
    List<LabelClass> segments = odd.write(labels).segments();
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    for (int segment = 1; !kind.isLabelMap() && segment <= segments.size(); segment++) {
      for (byte[] slice : labels.labels()) {
        byte[] mask = mask(slice, segments.get(segment - 1).index());
        for (int i = 0; i < mask.length && kind == Kind.FRACTIONAL; i++) {
          mask[i] *= (byte) SegmentFractions.WHOLE;
        }
        pixels.write(mask);
      }
    }
    for (byte[] slice : kind.isLabelMap() ? labels.labels() : List.<byte[]>of()) {
      byte[] numbers = new byte[slice.length];
      for (int segment = 1; segment <= segments.size(); segment++) {
        byte[] mask = mask(slice, segments.get(segment - 1).index());
        for (int i = 0; i < mask.length; i++) {
          numbers[i] += (byte) (segment * mask[i]);
        }
      }
      pixels.write(numbers);
    }
    byte[] narrow = pixels.toByteArray();
    byte[] wide = new byte[2 * narrow.length];
    for (int i = 0; i < narrow.length; i++) {
      wide[2 * i] = narrow[i];
    }
    return wide;
  }

  private Path writeMany(Kind kind, Compression compression) throws Exception {
    LabelTable many = CtFixture.manyClasses(300);
    Path file = folder.resolve("many-" + kind + "-" + compression + ".dcm");
    try (OutputStream out = Files.newOutputStream(file)) {
      odd.write(odd.scattered(many, 300), many, new SegmentationFormat(kind, compression)).writeFile(out);
    }
    return file;
  }

  private Path write(CtFixture ct, Kind kind, Compression compression) throws Exception {
    Path file = folder.resolve(kind + "-" + compression + ".dcm");
    try (OutputStream out = Files.newOutputStream(file)) {
      ct.write(ct.boxes(), new SegmentationFormat(kind, compression)).writeFile(out);
    }
    return file;
  }

  private static String frameLine(int number, SliceStack.Slice slice, byte[] mask) {
    Vec3 p = slice.position();
    CRC32 checksum = new CRC32();
    checksum.update(mask);
    return number + " " + slice.sopInstanceUid() + " " + p.x() + " " + p.y() + " " + p.z() + " "
        + checksum.getValue();
  }

  /** One byte per pixel, 1 where the label is; nothing where it is nowhere. */
  private static byte[] mask(byte[] slice, int label) {
    byte[] mask = new byte[slice.length];
    boolean any = false;
    for (int i = 0; i < slice.length; i++) {
      if ((slice[i] & 0xFF) == label) {
        mask[i] = 1;
        any = true;
      }
    }
    return any ? mask : new byte[0];
  }

  private Path write(CtFixture ct, SliceLabels labels) throws Exception {
    Path file = folder.resolve("seg.dcm");
    DicomWriter.writeFile(file, ct.write(labels).dataset().orElseThrow(), TransferSyntax.EXPLICIT_LE);
    return file;
  }

  private static void assertNoError(String report) {
    assertTrue(report.lines().noneMatch(line -> line.startsWith("Error")), report);
  }
}

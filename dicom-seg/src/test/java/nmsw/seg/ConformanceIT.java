package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.volume.LabelClass;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Other people's programs judge our objects: dicom3tools (dciodvfy for one object, dcentvfy for object and
 * source together), DCMTK and pydicom. A program that is not installed fails the test.
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
    assertNoError(run("dciodvfy", seg.toString()));
    List<String> entities = new ArrayList<>(List.of("dcentvfy", seg.toString()));
    for (int k = 0; k < ct.slices(); k++) {
      Path slice = folder.resolve("ct" + k + ".dcm");
      DicomWriter.writeFile(slice, ct.slice(k), TransferSyntax.EXPLICIT_LE);
      entities.add(slice.toString());
    }
    assertNoError(run(entities.toArray(String[]::new)));
  }

  @ParameterizedTest
  @MethodSource("geometries")
  void dcmtkReadsIt(CtFixture ct) throws Exception {
    String dump = run("dcmdump", "+U8", write(ct, ct.boxes()).toString());
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
    Path script = resource("read_segmentation.py");
    String read = run("/usr/bin/python3", "-X", "utf8", script.toString(), write(ct, labels).toString());
    assertEquals(expected, read.lines().toList());
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

  private Path resource(String name) throws URISyntaxException {
    return Path.of(ConformanceIT.class.getResource(name).toURI());
  }

  /** What the program prints, standard output and error together; it must end with status 0. */
  private String run(String... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      fail(String.join(" ", command) + " does not end");
    }
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ":\n" + text);
    return text;
  }
}

package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.TransferSyntax;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.LabelClass;
import nmsw.volume.SliceLabels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The code by which OHIF opens Segmentations ({@code @cornerstonejs/adapters} with {@code dcmjs}) makes label maps of
 * ours, equal to what was written voxel for voxel, and we read what it writes. It does not show fractions, keeps 8 bits
 * of a segment's number, so that more than 255 segments are beyond it, and refuses a bit per pixel, uncompressed, where
 * the bits end before an even number of bytes: no matrix of a scanner has so few.
 */
class ViewersIT {
  private static final Path FOLDER = Path.of(System.getProperty("nmsw.root"), "dicom-seg", "src", "test", "node");
  private static final List<Kind> SHOWN = List.of(Kind.BINARY, Kind.LABELMAP, Kind.LABELMAP16);

  @TempDir Path folder;

  private static List<CtFixture> geometries() {
    return List.of(
        CtFixture.axial(48, 40, 7),
        new CtFixture(40, 36, 5, "0.9", "0.7", CtFixture.AXIAL_PRONE_FEET_FIRST),
        new CtFixture(32, 24, 9, "1.5", "0.8", CtFixture.SAGITTAL),
        new CtFixture(24, 36, 6, "0.9", "0.9", CtFixture.TILTED));
  }

  @Test
  void ohifReadsTheSameLabelsAndIsReadAgain() throws Exception {
    Path node = FOLDER.resolve("node_modules/.bin/node");
    assertTrue(
        Files.isExecutable(node),
        "OHIF's code is not installed: ./nmsw test installs it, or npm ci --ignore-scripts in " + FOLDER);
    List<String> command = new ArrayList<>(List.of(node.toString(), FOLDER.resolve("labelmaps.mjs").toString()));
    for (CtFixture ct : geometries()) {
      command.add(write(ct, folder.resolve("case" + command.size())).toString());
    }
    PeerProgram.run(command.toArray(String[]::new));
    for (int i = 0; i < geometries().size(); i++) {
      CtFixture ct = geometries().get(i);
      byte[] expected = numbers(ct);
      for (Kind kind : SHOWN) {
        for (Compression compression : Compression.values()) {
          Path file = Path.of(command.get(2 + i)).resolve(name(kind, compression));
          String what = ct + " as " + kind + " " + compression;
          assertArrayEquals(expected, Files.readAllBytes(Path.of(file + ".labels")), what);
          List<String> segments = Files.readAllLines(Path.of(file + ".segments"));
          assertEquals(List.of("spleen", "kidney right", "liver"), segments.subList(1, 4), what);
        }
      }
      for (String name : List.of("ohif-binary.dcm", "ohif-labelmap.dcm", "ohif-labelmap-rle.dcm")) {
        assertSame(ct, Path.of(command.get(2 + i)).resolve(name));
      }
    }
  }

  private static void assertSame(CtFixture ct, Path file) throws Exception {
    Segmentation read = SegmentationReader.read(DicomReader.read(file));
    SegmentationOnStack placed = read.toSliceLabels(ct.stack(), read.classes(CtFixture.TABLE));
    assertEquals(List.of(), placed.unplaced());
    List<byte[]> expected = ct.boxes().labels();
    for (int k = 0; k < expected.size(); k++) {
      assertArrayEquals(expected.get(k), placed.labels().labels().get(k), file + " slice " + k);
    }
  }

  private static Path write(CtFixture ct, Path into) throws Exception {
    Files.createDirectory(into);
    for (int k = 0; k < ct.slices(); k++) {
      DicomWriter.writeFile(into.resolve("ct" + k + ".dcm"), ct.slice(k), TransferSyntax.EXPLICIT_LE);
    }
    for (Kind kind : SHOWN) {
      for (Compression compression : Compression.values()) {
        try (OutputStream out = Files.newOutputStream(into.resolve(name(kind, compression)))) {
          ct.write(ct.boxes(), new SegmentationFormat(kind, compression)).writeFile(out);
        }
      }
    }
    return into;
  }

  private static String name(Kind kind, Compression compression) {
    return "seg-" + kind + "-" + compression + ".dcm";
  }

  /** The number of its segment at every pixel, slice after slice. */
  private static byte[] numbers(CtFixture ct) throws Exception {
    SliceLabels labels = ct.boxes();
    byte[] numberOfLabel = new byte[256];
    List<LabelClass> segments = ct.write(labels).segments();
    for (int i = 0; i < segments.size(); i++) {
      numberOfLabel[segments.get(i).index()] = (byte) (i + 1);
    }
    ByteArrayOutputStream numbers = new ByteArrayOutputStream();
    for (byte[] slice : labels.labels()) {
      for (byte label : slice) {
        numbers.write(numberOfLabel[label & 0xFF]);
      }
    }
    return numbers.toByteArray();
  }
}

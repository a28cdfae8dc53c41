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
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * dcmqi (by itk-wasm), with which 3D Slicer opens and saves Segmentations, reads ours voxel for voxel, and we read what
 * it writes of that.
 */
class DcmqiIT {
  private static final Path FOLDER = Path.of(System.getProperty("nmsw.root"), "dicom-seg", "src", "test", "node");

  @TempDir Path folder;

  private static List<CtFixture> geometries() {
    return List.of(
        CtFixture.axial(48, 40, 7),
        new CtFixture(40, 36, 5, "0.9", "0.7", CtFixture.AXIAL_PRONE_FEET_FIRST),
        new CtFixture(32, 24, 9, "1.5", "0.8", CtFixture.SAGITTAL));
  }

  @Test
  void readsOursAndIsReadAgain() throws Exception {
    Path node = FOLDER.resolve("node_modules/.bin/node");
    assertTrue(
        Files.isExecutable(node),
        "dcmqi is not installed: ./nmsw test installs it, or npm ci --ignore-scripts in " + FOLDER);
    List<String> command = new ArrayList<>(List.of(node.toString(), FOLDER.resolve("dcmqi.mjs").toString()));
    for (CtFixture ct : geometries()) {
      command.add(write(ct, folder.resolve("case" + command.size())).toString());
    }
    PeerProgram.run(command.toArray(String[]::new));
    for (int i = 0; i < geometries().size(); i++) {
      CtFixture ct = geometries().get(i);
      Path dcmqi = Path.of(command.get(2 + i)).resolve("dcmqi.dcm");
      assertArrayEquals(numbers(ct), Files.readAllBytes(dcmqi.resolveSibling("seg.raw")), ct.toString());
      assertEquals("1 spleen,2 kidney right,3 liver", Files.readString(dcmqi.resolveSibling("seg.segments")));
      assertEquals("QIICR", DicomReader.readUntil(dcmqi, Tag.StudyID).dataset().requireString(Tag.Manufacturer));
      Segmentation read = SegmentationReader.read(DicomReader.read(dcmqi));
      SegmentationOnStack placed = read.toSliceLabels(ct.stack(), read.classes(CtFixture.TABLE));
      assertEquals(List.of(), placed.unplaced());
      List<byte[]> expected = ct.boxes().labels();
      for (int k = 0; k < expected.size(); k++) {
        assertArrayEquals(expected.get(k), placed.labels().labels().get(k), ct + " slice " + k);
      }
    }
  }

  /** The number of its segment at every pixel, slice after slice. */
  private static byte[] numbers(CtFixture ct) {
    ByteArrayOutputStream numbers = new ByteArrayOutputStream();
    for (byte[] slice : ct.boxes().labels()) {
      for (byte label : slice) {
        numbers.write((label & 0xFF) == 200 ? 3 : label);
      }
    }
    return numbers.toByteArray();
  }

  private static Path write(CtFixture ct, Path into) throws Exception {
    Files.createDirectory(into);
    for (int k = 0; k < ct.slices(); k++) {
      DicomWriter.writeFile(into.resolve("ct" + k + ".dcm"), ct.slice(k), TransferSyntax.EXPLICIT_LE);
    }
    try (OutputStream out = Files.newOutputStream(into.resolve("seg.dcm"))) {
      ct.write(ct.boxes(), SegmentationFormat.DEFAULT).writeFile(out);
    }
    return into;
  }
}

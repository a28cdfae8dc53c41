package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.seg.StructureSet.Finding;
import nmsw.seg.StructureSet.Reason;
import nmsw.seg.StructureSet.Roi;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRules;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Structure sets of planning systems and of other tools, against masks of the same regions if there are. */
class RealStructureSetsIT {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final Path DATA = ROOT.resolve("../shared/data").normalize();

  @TempDir Path folder;

  @BeforeEach
  void needData() {
    assumeTrue(Files.isDirectory(DATA), "SKIPPED, no test data: " + DATA + " does not exist");
  }

  /** The mask of the Image Biomarker Standardisation Initiative, voxel by voxel. */
  @Test
  void ibsiTumourIsTheMaskThatWasPublishedWithIt() throws Exception {
    Path files = untar("rtstruct/ibsi-validation_STS_019_ct+rtstruct.tar.bz2");
    CtSeries ct = series(files, 16);
    StructureSet set = read(find(files, "RS.dcm"), ct);
    Path nifti = DATA.resolve("rtstruct/ibsi-validation_STS_019_nifti/CT_mask.nii.gz");
    LabelVolume mask = Nifti.readLabels(nifti);
    Roi tumour = set.rois().get(0);
    assertEquals("GTV_Mass_CT", tumour.name());
    assertEquals("GTV", tumour.interpretedType().orElseThrow());
    Overlap overlap = overlap(tumour, ct.stack(), mask);
    assertEquals(5564, tumour.pixelCount());
    assertEquals(Map.of(1, 5564), overlap.pixelsOfLabel());
    assertEquals(5564, overlap.voxels(1));
    // The images were cropped and given new UIDs; series and Frame of Reference stayed.
    assertEquals(Map.of(Reason.UNKNOWN_IMAGE, 15), counts(set));
  }

  /**
   * The labels are of another run and version of the same program, so that they agree only about. What must
   * not be is a mirrored, shifted or eroded mask: small organs would miss their label.
   */
  @Test
  void totalSegmentatorRegionsLieOnTheLabelsOfTheirNames() throws Exception {
    Path item = DATA.resolve("ct-labels/totalsegmentator-abdomen-pelvis-3mm");
    Path files = unzip(item.resolve("dicom-and-rtstruct/example-ct-dcm.zip"));
    CtSeries ct = series(files, 16);
    StructureSet set = read(find(files, "rtstruct.dcm"), ct);
    LabelVolume labels = Nifti.readLabels(item.resolve("example_seg_fast_force_split.nii.gz"));
    LabelTable table = LabelTable.read(ROOT.resolve("config/labels/totalsegmentator-v2.csv"));
    assertEquals(59, set.rois().size());
    assertEquals(List.of(), set.findings());
    Map<String, Double> dice = new TreeMap<>();
    Set<String> nowhere = new TreeSet<>();
    long drawn = 0;
    long labelled = 0;
    for (Roi roi : set.rois()) {
      Overlap overlap = overlap(roi, ct.stack(), labels);
      int label = table.byName(nameInVersion2(roi.name())).index();
      if (overlap.voxels(label) == 0) {
        nowhere.add(roi.name() + " " + roi.pixelCount());
        continue;
      }
      dice.put(roi.name(), overlap.dice(roi.pixelCount(), label));
      drawn += roi.pixelCount();
      labelled += overlap.voxels(label);
    }
    assertEquals(Set.of("heart_myocardium 3", "lung_middle_lobe_right 1"), nowhere);
    // Half a femur; and what is L5 or S1 to one version is sacrum to the other.
    assertEquals(0.665, dice.remove("femur_left"), 0.001);
    assertEquals(0.830, dice.remove("sacrum"), 0.001);
    dice.forEach((name, value) -> assertTrue(value > 0.8, name + " " + value));
    double mean = dice.values().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    assertTrue(mean > 0.93, "mean Dice " + mean);
    // Neither eroded nor dilated.
    assertEquals(1, (double) drawn / labelled, 0.02);
  }

  private static String nameInVersion2(String name) {
    return switch (name) {
      case "heart_myocardium" -> "heart";
      default -> name;
    };
  }

  /** Areas by the shoelace formula, in pixels; the contours of the first object are a frame. */
  @Test
  void rtUtilsFilesWhateverTheyReferTo() throws Exception {
    Path item = DATA.resolve("rtstruct/rt-utils");
    CtSeries ct =
        CtSeriesReader.read(
            List.of(item.resolve("ct_1.dcm"), item.resolve("ct_2.dcm")),
            GeometryRules.defaults().withMinSlices(2));
    StructureSet own = read(item.resolve("rt.dcm"), ct);
    assertEquals(2415.9 - 941.6, own.rois().get(0).pixelCount(), 40);
    assertEquals(List.of(), own.findings());
    StructureSet wrong = read(item.resolve("invalid_reference_rt.dcm"), ct);
    assertEquals(1965.5, wrong.rois().get(0).mask(1).cardinality(), 20);
    assertEquals(3009.5, wrong.rois().get(0).mask(0).cardinality(), 20);
    assertEquals(Map.of(Reason.OFF_PLANE, 4), counts(wrong));
    StructureSet missing = read(item.resolve("non_existent_reference_rt.dcm"), ct);
    assertEquals(wrong.findings(), missing.findings());
    for (int i = 0; i < 4; i++) {
      assertEquals(wrong.rois().get(i).mask(0), missing.rois().get(i).mask(0));
      assertEquals(wrong.rois().get(i).mask(1), missing.rois().get(i).mask(1));
    }
  }

  /** Area by the shoelace formula: 40416 pixels, of four contours. */
  @Test
  void aSliceOutOfAPlanningSeries() throws Exception {
    Path files = untar("rtstruct/dicompyler-core_ct+rtss.tar.bz2");
    StructureSet set = read(find(files, "rtss.dcm"), series(files, 1));
    assertEquals(10, set.rois().size());
    Roi body = set.rois().get(0);
    assertEquals("BODY", body.name());
    assertEquals("EXTERNAL", body.interpretedType().orElseThrow());
    assertTrue(body.code().isPresent());
    assertEquals(40416, body.pixelCount(), 40);
    assertEquals(40396, set.rois().stream().mapToLong(Roi::pixelCount).sum());
    assertEquals(Map.of(Reason.OFF_PLANE, 137 + 2 + 48 + 33 + 165 + 4 + 6 + 18 + 24), counts(set));
  }

  @Test
  void ofAnotherSeriesIsRefused() throws Exception {
    CtSeries ct = series(untar("rtstruct/ibsi-validation_STS_019_ct+rtstruct.tar.bz2"), 16);
    DicomException e =
        assertThrows(DicomException.class, () -> read(DATA.resolve("rtstruct/rt-utils/rt.dcm"), ct));
    assertTrue(e.getMessage().contains("does not belong to series 1.3.6.1.4.1.14519"), e.getMessage());
  }

  /** Pixels of a region by the label that they lie on, 0 left out; and how many voxels each label has. */
  private record Overlap(Map<Integer, Integer> pixelsOfLabel, int[] voxelsOfLabel) {
    int voxels(int label) {
      return voxelsOfLabel[label];
    }

    double dice(long pixels, int label) {
      return 2.0 * pixelsOfLabel.getOrDefault(label, 0) / (pixels + voxels(label));
    }
  }

  private static Overlap overlap(Roi roi, SliceStack stack, LabelVolume labels) {
    Map<Integer, Integer> pixelsOfLabel = new HashMap<>();
    int[] voxels = new int[256];
    for (byte label : labels.labels()) {
      voxels[label & 0xFF]++;
    }
    for (int k = 0; k < stack.size(); k++) {
      BitSet mask = roi.mask(k);
      for (int i = mask.nextSetBit(0); i >= 0; i = mask.nextSetBit(i + 1)) {
        Vec3 at = labels.grid().toIndex(stack.toPatient(i % stack.columns(), i / stack.columns(), k));
        int voxel =
            labels.grid().index((int) Math.rint(at.x()), (int) Math.rint(at.y()), (int) Math.rint(at.z()));
        int label = labels.labels()[voxel] & 0xFF;
        if (label != 0) {
          pixelsOfLabel.merge(label, 1, Integer::sum);
        }
      }
    }
    return new Overlap(pixelsOfLabel, voxels);
  }

  private static Map<Reason, Integer> counts(StructureSet set) {
    Map<Reason, Integer> counts = new TreeMap<>();
    for (Finding finding : set.findings()) {
      counts.merge(finding.reason(), finding.contours(), Integer::sum);
    }
    return counts;
  }

  private static StructureSet read(Path file, CtSeries ct) throws IOException {
    return StructureSetReader.read(DicomReader.read(file).dataset(), ct.stack(), ct.header());
  }

  /** The CT images under a folder. */
  private static CtSeries series(Path folder, int minSlices) throws Exception {
    List<Path> images = new ArrayList<>();
    for (Path file : files(folder)) {
      Dataset header = DicomReader.readUntil(file, Tag.PixelData).dataset();
      if (header.string(Tag.Modality).orElse("").equals("CT")) {
        images.add(file);
      }
    }
    return CtSeriesReader.read(images, GeometryRules.defaults().withMinSlices(minSlices));
  }

  private static Path find(Path folder, String name) throws IOException {
    return files(folder).stream().filter(f -> f.endsWith(name)).findFirst().orElseThrow();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(f -> f.toString().endsWith(".dcm")).sorted().toList();
    }
  }

  private Path untar(String archive) throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder("tar", "xjf", DATA.resolve(archive).toString(), "-C", folder.toString())
            .inheritIO()
            .start();
    assertTrue(tar.waitFor(1, TimeUnit.MINUTES) && tar.exitValue() == 0, archive);
    return folder;
  }

  private Path unzip(Path zip) throws IOException {
    try (InputStream in = Files.newInputStream(zip);
        ZipInputStream entries = new ZipInputStream(in)) {
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        if (!entry.isDirectory()) {
          Files.copy(entries, folder.resolve(Path.of(entry.getName()).getFileName()));
        }
      }
    }
    return folder;
  }
}

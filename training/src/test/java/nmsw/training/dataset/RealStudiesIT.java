package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Resampler;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One abdomen as NIfTI, as DICOM series and with an RT Structure Set by other software. */
class RealStudiesIT {
  private static final String EXAMPLE = "ct-labels/totalsegmentator-abdomen-pelvis-3mm/";
  private static final String SERIES = "1.2.826.0.1.3680043.2.1125.1.27227007794795137261356093533289830";

  private static final Set<String> CLEAR =
      Set.of("liver", "spleen", "kidney_left", "kidney_right", "urinary_bladder");

  @TempDir private Path folder;

  /** Real data, which lies beside the project; aborts the test, loudly, where it does not. */
  private static Path shared(String name) {
    Path data = Path.of(System.getProperty("nmsw.root"), "..", "shared", "data").normalize();
    if (!Files.isDirectory(data)) {
      System.err.println("SKIPPED, REAL DATA NOT TESTED: " + data + " does not exist (wanted " + name + ")");
      Assumptions.abort("real data not tested: " + data + " does not exist");
    }
    return data.resolve(name);
  }

  static LabelTable table() throws IOException {
    return LabelTable.read(Path.of(System.getProperty("nmsw.root"), "config/labels/totalsegmentator-v2.csv"));
  }

  private Path series(boolean withStructures) throws IOException {
    return series(folder.resolve("from"), withStructures);
  }

  /** Writes the series, and its RT Structure Sets if wanted, to a folder. */
  static Path series(Path to, boolean withStructures) throws IOException {
    Path series = Files.createDirectories(to);
    try (InputStream in = Files.newInputStream(shared(EXAMPLE + "dicom-and-rtstruct/example-ct-dcm.zip"));
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = Path.of(entry.getName()).getFileName().toString();
        if (name.endsWith(".dcm") && (withStructures || !name.startsWith("rt"))) {
          Files.copy(zip, series.resolve(name));
        }
      }
    }
    return series;
  }

  private CaseRow imported(Path from) throws IOException {
    table().write(folder.resolve("table.csv"));
    Importing result = Importing.run(from, folder.resolve("set"));
    assertEquals(0, result.exitCode, result.out + result.err);
    assertEquals(1, Importing.rows(folder.resolve("set")).size(), result.out);
    return Importing.rows(folder.resolve("set")).get(0);
  }

  @Test
  void theSeriesWithALabelMapIsTheNiftiStudy() throws IOException {
    Path from = series(false);
    Path labels = shared(EXAMPLE + "example_seg_fast_force_split.nii.gz");
    Files.copy(labels, from.resolve(SERIES + ".nii.gz"));
    CaseRow row = imported(from);
    Volume image = Nifti.readVolume(StoredCases.image(folder.resolve("set"), row.name()));
    Volume expected = Nifti.readVolume(shared(EXAMPLE + "example_ct.nii.gz"));
    Grid grid = image.grid();
    short[] wanted = Resampler.resample(expected, grid).hounsfield();
    for (int v = 0; v < wanted.length; v++) {
      assertEquals(wanted[v], image.hounsfield()[v], 1.0, "voxel " + v + ": a NIfTI affine is in single precision");
    }
    LabelVolume found = Nifti.readLabels(StoredCases.labels(folder.resolve("set"), row.name()));
    assertArrayEquals(Resampler.resample(Nifti.readLabels(labels), grid).labels(), found.labels());
  }

  /** The contours are of another version of the same model on the same image, which splits the sacrum elsewhere. */
  @Test
  void theSeriesWithAStructureSetHasTheOrgansOfTheLabelMap() throws IOException {
    CaseRow row = imported(series(true));
    LabelVolume found = Nifti.readLabels(StoredCases.labels(folder.resolve("set"), row.name()));
    LabelVolume map =
        Resampler.resample(Nifti.readLabels(shared(EXAMPLE + "example_seg_fast_force_split.nii.gz")), found.grid());
    List<Double> all = new ArrayList<>();
    for (LabelClass c : table().classes()) {
      if (row.millilitres().getOrDefault(c.index(), 0.0) > 20) {
        double dice = dice(found.labels(), map.labels(), c.index());
        all.add(dice);
        assertTrue(!CLEAR.contains(c.name()) || dice > 0.96, c.name() + " " + dice);
      }
    }
    Collections.sort(all);
    assertTrue(all.size() > 30 && all.get(all.size() / 2) > 0.94, all.toString());
  }

  private static double dice(byte[] a, byte[] b, int label) {
    long both = 0;
    long sum = 0;
    for (int v = 0; v < a.length; v++) {
      boolean inA = (a[v] & 0xff) == label;
      boolean inB = (b[v] & 0xff) == label;
      both += inA && inB ? 1 : 0;
      sum += (inA ? 1 : 0) + (inB ? 1 : 0);
    }
    return 2.0 * both / sum;
  }
}

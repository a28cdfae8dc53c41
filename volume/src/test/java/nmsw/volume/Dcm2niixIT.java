package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.volume.GeometryRefusal.Code;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every CT series of the real data, but for deliberately broken files, beside what {@code dcm2niix} makes of it: the same
 * voxel values at the same places. Where that is not so, {@link #DIFFERENCES} says for that series what must be so
 * instead, and why.
 */
@Timeout(600)
class Dcm2niixIT {
  /** Any one slice is a stack here. */
  private static final GeometryRules RULES = GeometryRules.defaults().withMinSlices(1);

  private enum Relation {
    /** Pixel padding is air here, its rescaled stored value there. */
    PADDING,
    /** The same values voxel for voxel, the affine apart. */
    VALUES,
    /** A lossy image; few values differ much. */
    LOSSY,
    /** No stack for us. */
    REFUSED,
    /** {@code dcm2niix} writes nothing. */
    NOT_ACCEPTED
  }

  /**
   * @param file the beginning of the path of the series' first file
   * @param detail stored padding in HU, or the code of the refusal
   */
  private record Difference(String file, Relation relation, String detail, String reason) {}

  private static final List<Difference> DIFFERENCES =
      List.of(
          new Difference("acrin-flt-breast-001", Relation.PADDING, "-3024", "GE pads with -2000 outside of the field"),
          new Difference("cmb-crc-01068", Relation.PADDING, "-3024", "GE, padding written as US 63536 in signed pixels"),
          new Difference("cptac-pda-C3L-00189", Relation.PADDING, "-3024", "GE, the same"),
          new Difference("odd/SignedCT.dcm", Relation.PADDING, "-3024", "GE, the same"),
          new Difference("rtstruct/rt-utils", Relation.PADDING, "-3024", "GE, the same"),
          new Difference("seg/dcmqi/ct-3slice", Relation.PADDING, "-3024", "GE, the same"),
          new Difference("philips-phantom-study-A/S21610/S2010", Relation.VALUES, "",
              "gantry tilt of 18.5 degrees: it lays the slices straight above each other in its plain file, with rows"
                  + " wider by 1 / cos, and resamples them in its other one; true positions are a sheared affine"),
          new Difference("dicom2nifti-failing/gantrytilting_001", Relation.VALUES, "",
              "gantry tilt of 14 degrees, the same"),
          new Difference("philips-phantom-study-A/S21610/S1000", Relation.REFUSED, "LOCALIZER", "no stack of slices"),
          new Difference("odd/jpeg_lossless_sel1.dcm", Relation.REFUSED, "LOCALIZER", "no stack of slices"),
          new Difference("dicom2nifti-failing/sliceincrement_001", Relation.REFUSED, "MISSING_SLICES",
              "a slice is lost: it warns and writes equal distances, which are not true"),
          new Difference("seg/highdicom/source-CT2", Relation.REFUSED, "MISSING_SLICES",
              "four slices of a whole body with gaps up to 202.5 mm, the same"),
          new Difference("fda-thoracic-phantom", Relation.NOT_ACCEPTED, "MIXED_FRAME_OF_REFERENCE",
              "JPEG 2000 whose tile claims more bytes than there are; its slices have frames of reference of their own"),
          new Difference("transfer-syntax/enhanced-ct-2frame/CT0012.explicit", Relation.REFUSED, "NOT_MONOCHROME",
              "a map of cerebral blood flow, Pixel Presentation COLOR"),
          new Difference("transfer-syntax/enhanced-ct-2frame/CT0012.fragmented_no_bot_jpeg_lossless",
              Relation.NOT_ACCEPTED, "NOT_MONOCHROME", "the same image; it does not join fragments"),
          new Difference("transfer-syntax/enhanced-ct-2frame/CT0012.fragmented_no_bot_jpeg_ls", Relation.NOT_ACCEPTED,
              "NOT_MONOCHROME", "the same image; built without JPEG-LS"),
          new Difference("transfer-syntax/enhanced-ct-2frame/CT0012.not_fragmented_bot_rle", Relation.NOT_ACCEPTED,
              "NOT_MONOCHROME", "the same image; it takes the second frame's data for a fragment"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_Deflated", Relation.NOT_ACCEPTED, "",
              "it does not inflate"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEGLSLossless", Relation.NOT_ACCEPTED, "",
              "built without JPEG-LS"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEGLSLossy", Relation.NOT_ACCEPTED, "",
              "built without JPEG-LS"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEGProcess2_4", Relation.NOT_ACCEPTED, "",
              "JPEG of 12 bits"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEGProcess10_12", Relation.NOT_ACCEPTED,
              "UNSUPPORTED_TRANSFER_SYNTAX", "a retired JPEG process"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEGProcess6_8", Relation.NOT_ACCEPTED,
              "UNSUPPORTED_TRANSFER_SYNTAX", "a retired JPEG process"),
          new Difference("transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEGProcess1T", Relation.LOSSY, "32.1216",
              "its baseline decoder strays up to 11 of 256 levels from DCMTK's, ours at most 1"));

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> theSameVoxelsAtTheSamePlaces() throws Exception {
    Path data = SharedData.path("");
    Path unpacked = Files.createDirectories(folder.resolve("data"));
    unpack(data, unpacked);
    Map<String, List<Path>> series = new TreeMap<>();
    collect(unpacked, unpacked, series);
    for (String plain : List.of("ct-series", "odd", "rtstruct", "seg", "transfer-syntax")) {
      collect(data.resolve(plain), plain.equals("ct-series") ? data.resolve(plain) : data, series);
    }
    Set<Difference> unused = new HashSet<>(DIFFERENCES);
    series.keySet().forEach(name -> unused.removeIf(d -> name.startsWith(d.file())));
    assertEquals(Set.of(), unused, "differences of series that are not there");
    assertTrue(series.size() >= 50, series.size() + " series");
    return series.entrySet().stream()
        .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> compare(e.getKey(), e.getValue())));
  }

  private void compare(String name, List<Path> files) throws Exception {
    Difference difference =
        DIFFERENCES.stream()
            .filter(d -> name.startsWith(d.file()))
            .findFirst()
            .orElse(new Difference(name, null, "", ""));
    Path nifti = converted(name, files);
    assertEquals(difference.relation() == Relation.NOT_ACCEPTED, Files.notExists(nifti), difference.reason());
    if (difference.relation() == Relation.REFUSED
        || difference.relation() == Relation.NOT_ACCEPTED && !difference.detail().isEmpty()) {
      GeometryRefusal refusal = assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(files, RULES));
      assertEquals(Code.valueOf(difference.detail()), refusal.code(), difference.reason());
      return;
    }
    CtSeries series = CtSeriesReader.read(files, RULES);
    assertEquals(List.of(), series.findings());
    if (difference.relation() != Relation.NOT_ACCEPTED) {
      compare(series, Nifti.readVolume(nifti), difference);
    }
  }

  private static void compare(CtSeries series, Volume nifti, Difference difference) {
    SliceStack stack = series.stack();
    Grid grid = nifti.grid();
    boolean affine = difference.relation() != Relation.VALUES;
    assertEquals(stack.size() * stack.rows() * stack.columns(), grid.voxels());
    double levels = 0;
    for (int k = 0; k < stack.size(); k++) {
      int[] first = affine ? index(grid, stack.toPatient(0, 0, k)) : new int[] {0, stack.rows() - 1, k};
      int[] right =
          affine
              ? index(grid, stack.toPatient(stack.columns() - 1, 0, k))
              : new int[] {stack.columns() - 1, stack.rows() - 1, k};
      int[] down = affine ? index(grid, stack.toPatient(0, stack.rows() - 1, k)) : new int[] {0, 0, k};
      int column = (grid.index(right[0], right[1], right[2]) - grid.index(first[0], first[1], first[2]))
          / Math.max(1, stack.columns() - 1);
      int row = (grid.index(down[0], down[1], down[2]) - grid.index(first[0], first[1], first[2]))
          / Math.max(1, stack.rows() - 1);
      for (int r = 0; r < stack.rows(); r++) {
        for (int c = 0; c < stack.columns(); c++) {
          int theirs = nifti.hounsfield()[grid.index(first[0], first[1], first[2]) + r * row + c * column];
          int ours = series.hounsfield().get(k)[r * stack.columns() + c];
          if (difference.relation() == Relation.PADDING && theirs == Integer.parseInt(difference.detail())) {
            theirs = Resampler.AIR;
          }
          if (difference.relation() == Relation.LOSSY) {
            levels += Math.abs(theirs - ours) / Double.parseDouble(difference.detail());
          } else if (theirs != ours) {
            assertEquals(theirs, ours, "column " + c + ", row " + r + ", slice " + k);
          }
        }
      }
    }
    assertTrue(levels / grid.voxels() < 1, "mean difference of " + levels / grid.voxels() + " levels");
  }

  /** The voxel that lies exactly there. */
  private static int[] index(Grid grid, Vec3 patient) {
    Vec3 at = grid.toIndex(patient);
    int[] index = {(int) Math.rint(at.x()), (int) Math.rint(at.y()), (int) Math.rint(at.z())};
    assertEquals(0, at.minus(new Vec3(index[0], index[1], index[2])).length(), 1e-3, "on a voxel");
    return index;
  }

  private Path converted(String name, List<Path> files) throws Exception {
    Path work = folder.resolve(Integer.toHexString(name.hashCode()));
    Path in = Files.createDirectories(work.resolve("in"));
    Path out = Files.createDirectories(work.resolve("out"));
    for (int i = 0; i < files.size(); i++) {
      Files.createSymbolicLink(in.resolve(i + ".dcm"), files.get(i));
    }
    run("dcm2niix", "-b", "n", "-z", "n", "-f", "volume", "-o", out.toString(), in.toString());
    return out.resolve("volume.nii");
  }

  /** Its exit code tells little; what it wrote is looked at. */
  private static void run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertTrue(process.waitFor(2, TimeUnit.MINUTES), command[0] + " does not end");
  }

  /** CT objects by series, a series' name being its first file; each file of transfer-syntax is one of its own. */
  private static void collect(Path from, Path root, Map<String, List<Path>> series) throws IOException {
    Map<String, List<Path>> byUid = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path file : tree.filter(Files::isRegularFile).filter(f -> !isArchive(f)).sorted().toList()) {
        Dataset header;
        try {
          header = DicomReader.readUntil(file, Tag.PixelData).dataset();
        } catch (IOException e) {
          continue; // a text, or what an archive of odd files has beside its images
        }
        String sopClass = header.string(Tag.SOPClassUID).orElse("");
        if (!sopClass.equals(Uid.CTImageStorage) && !FrameHeader.isMultiFrame(header)) {
          continue;
        }
        boolean alone = file.toString().contains("transfer-syntax");
        String uid = file.getParent() + " " + header.string(Tag.SeriesInstanceUID).orElse("") + (alone ? file : "");
        byUid.computeIfAbsent(uid, k -> new ArrayList<>()).add(file);
      }
    }
    byUid.values().forEach(files -> series.put(root.relativize(files.get(0)).toString(), files));
  }

  private static boolean isArchive(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".bz2") || name.endsWith(".zip") || name.endsWith(".gz");
  }

  private static void unpack(Path data, Path into) throws IOException, InterruptedException {
    try (Stream<Path> tree = Files.walk(data)) {
      List<Path> archives =
          tree.filter(Dcm2niixIT::isArchive).filter(f -> !f.startsWith(data.resolve("malformed"))).sorted().toList();
      for (Path archive : archives) {
        if (archive.toString().endsWith(".tar.bz2")) {
          run("tar", "xjf", archive.toString(), "-C", into.toString());
        } else if (archive.toString().endsWith(".zip")) {
          unzip(archive, Files.createDirectories(into.resolve("zip")));
        }
      }
    }
  }

  private static void unzip(Path zip, Path into) throws IOException {
    try (InputStream in = Files.newInputStream(zip);
        ZipInputStream entries = new ZipInputStream(in)) {
      int count = 0;
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        if (!entry.isDirectory()) {
          Files.copy(entries, into.resolve("entry" + count++));
        }
      }
    }
  }
}

package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.volume.GeometryRefusal.Code;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Series of real scanners, one per trouble; see DATA.md beside them. */
class RealSeriesTest {
  private static final GeometryRules RULES = GeometryRules.defaults();

  /** 24 slices of a chest phantom. */
  private static final String JPEG_2000 = "ct-series/fda-thoracic-phantom_Philips_J2K91_24";

  @TempDir Path folder;

  @Test
  void dicomAndNiftiOfOneVolumeAgree() throws Exception {
    Path item = SharedData.path("ct-labels/totalsegmentator-abdomen-pelvis-3mm");
    List<Path> files = ctImages(unzip(item.resolve("dicom-and-rtstruct/example-ct-dcm.zip")));
    CtSeries series = CtSeriesReader.read(files, RULES);
    Volume nifti = Nifti.readVolume(item.resolve("example_ct.nii.gz"));
    assertEquals(112, series.stack().size());
    Grid g = nifti.grid();
    int compared = 0;
    for (int k = 0; k < series.stack().size(); k++) {
      for (int r = 0; r < series.stack().rows(); r++) {
        for (int c = 0; c < series.stack().columns(); c++) {
          Vec3 at = g.toIndex(series.stack().toPatient(c, r, k));
          int i = (int) Math.rint(at.x());
          int j = (int) Math.rint(at.y());
          int z = (int) Math.rint(at.z());
          assertEquals(0, at.minus(new Vec3(i, j, z)).length(), 1e-2, "the lattices coincide");
          assertEquals(
              nifti.hounsfield()[g.index(i, j, z)],
              series.hounsfield().get(k)[r * series.stack().columns() + c],
              "column " + c + ", row " + r + ", slice " + k);
          compared++;
        }
      }
    }
    assertEquals(122 * 101 * 112, compared);
    Grid model = ModelGrid.forStack(series.stack(), new Vec3(3, 3, 3));
    assertEquals(model.voxels(), ModelGrid.forGrid(g, new Vec3(3, 3, 3)).voxels());
    short[] fromNifti = Resampler.resample(nifti, model).hounsfield();
    short[] fromSlices = Resampler.toGrid(series, model).hounsfield();
    for (int i = 0; i < model.voxels(); i++) {
      assertEquals(fromNifti[i], fromSlices[i], 1, "voxel " + i);
    }
  }

  @Test
  void headOfSmallMatrix() throws Exception {
    CtSeries series =
        CtSeriesReader.read(ctImages(SharedData.path("ct-series/slicer-ctheadaxial-64x64_93")), RULES);
    assertEquals(93, series.stack().size());
    assertEquals(1.5, series.stack().distance(1) - series.stack().distance(0), 1e-3);
  }

  @Test
  void geAbdomenWithPaddingOutsideTheField() throws Exception {
    CtSeries series = read("ct-series/acrin-flt-breast-001_abdomen-pelvis_GE_99.tar.bz2");
    assertEquals(99, series.stack().size());
    assertEquals(4.25, series.stack().distance(1) - series.stack().distance(0), 1e-3);
    assertEquals(Resampler.AIR, series.hounsfield().get(0)[0]);
    Volume volume = Resampler.toGrid(series, ModelGrid.forStack(series.stack(), new Vec3(3, 3, 3)));
    assertTrue(volume.grid().nx() > 160 && volume.grid().nz() > 135, volume.grid().toString());
    double mean = mean(series);
    assertEquals(mean, mean(volume), 5);
  }

  /** PixelMed's Legacy Converted Enhanced CT of three images, whose frames are numbered against their stack positions. */
  @Test
  void framesAreTheImagesThatTheyWereConvertedFrom() throws Exception {
    GeometryRules rules = RULES.withMinSlices(3);
    CtSeries images = CtSeriesReader.read(ctImages(SharedData.path("seg/dcmqi/24x38x3/image")), rules);
    CtSeries frames = CtSeriesReader.read(ctImages(SharedData.path("seg/dcmqi/24x38x3/multiframe")), rules);
    SliceStack expected = images.stack();
    SliceStack stack = frames.stack();
    assertEquals(List.of(1, 2, 3), stack.slices().stream().map(SliceStack.Slice::frame).toList());
    assertEquals(1, stack.slices().stream().map(SliceStack.Slice::sopInstanceUid).distinct().count());
    assertEquals(expected.toPatient(23, 37, 0), stack.toPatient(23, 37, 0));
    assertEquals(0.7, stack.rowSpacing());
    for (int k = 0; k < 3; k++) {
      assertEquals(expected.slices().get(k).position(), stack.slices().get(k).position());
      assertArrayEquals(images.hounsfield().get(k), frames.hounsfield().get(k), "slice " + k);
    }
    assertEquals("2.5", frames.header().requireString(Tag.SliceThickness));
    assertFalse(frames.header().contains(Tag.PerFrameFunctionalGroupsSequence));
    assertTrue(frames.header().contains(Tag.ContributingEquipmentSequence));
  }

  @Test
  void aColouredMapIsNotSegmented() throws Exception {
    for (String name : List.of("explicit_little_endian", "not_fragmented_bot_rle", "fragmented_no_bot_jpeg_ls.80")) {
      Path file = SharedData.path("transfer-syntax/enhanced-ct-2frame/CT0012." + name + ".dcm");
      assertEquals(Code.NOT_MONOCHROME, refusal(List.of(file)).code());
    }
  }

  @Test
  void siemensThorax() throws Exception {
    assertEquals(49, read("ct-series/acrin-flt-breast-013_thorax_Siemens_49.tar.bz2").stack().size());
  }

  @Test
  void coronalReformatWithOblongPixels() throws Exception {
    CtSeries series = read("ct-series/acrin-013_coronal-reformat_16.tar.bz2");
    assertEquals(16, series.stack().size());
    assertTrue(Math.abs(series.stack().normal().y()) > 0.99, series.stack().normal().toString());
    assertTrue(Math.abs(series.stack().columnSpacing() - series.stack().rowSpacing()) > 0.2);
    Grid grid = ModelGrid.forStack(series.stack(), new Vec3(2, 2, 2));
    assertTrue(grid.stepZ().z() > 1.99);
  }

  @Test
  void paddingTypedUnsignedInSignedImages() throws Exception {
    CtSeries series = read("ct-series/cmb-crc-01068_lower-chest_GE_64of100.tar.bz2");
    assertEquals(64, series.stack().size());
    assertEquals(Resampler.AIR, series.hounsfield().get(10)[0]);
  }

  @Test
  void thickSlicesOfTheLungBases() throws Exception {
    assertEquals(35, read("ct-series/cptac-pda-C3L-00189_lungbases-abdomen_GE_35.tar.bz2").stack().size());
  }

  @Test
  void tiltedGantryLocalizerAndSummaryOfOneStudy() throws Exception {
    Path study = unpack("ct-series/philips-phantom-study_tilt-18.5_localizer_summary_60.tar.bz2");
    CtSeries tilted = CtSeriesReader.read(ctImages(find(study, "S2010")), RULES);
    assertEquals(54, tilted.stack().size());
    SliceStack stack = tilted.stack();
    Vec3 step = stack.slices().get(1).position().minus(stack.slices().get(0).position());
    double tilt = Math.toDegrees(Math.acos(Math.abs(stack.normal().dot(step.normalized()))));
    assertEquals(18.5, tilt, 0.3);
    assertEquals(2.37, stack.distance(1) - stack.distance(0), 0.02);
    assertEquals(Code.LOCALIZER, refusal(ctImages(find(study, "S1000"))).code());
    assertEquals(Code.SECONDARY_CAPTURE, refusal(ctImages(find(study, "S4010"))).code());
  }

  @Test
  void seriesWithALostSlice() throws Exception {
    Path both = unpack("ct-series/dicom2nifti-failing_8.tar.bz2");
    List<Path> files = ctImages(find(both, "sliceincrement_001"));
    assertEquals(Code.TOO_FEW_SLICES, refusal(files).code());
    GeometryRefusal refusal =
        assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(files, RULES.withMinSlices(3)));
    assertEquals(Code.MISSING_SLICES, refusal.code());
  }

  @Test
  void jpeg2000IsRead() throws Exception {
    List<Path> files = ctImages(SharedData.path(JPEG_2000));
    // Its de-identification gave every slice a frame of reference of its own. And its only tile claims 8 KB more than there are.
    assertEquals(Code.MIXED_FRAME_OF_REFERENCE, refusal(files).code());
    int air = 0;
    int soft = 0;
    for (Path file : files) {
      CtSeries slice = CtSeriesReader.read(List.of(file), RULES.withMinSlices(1));
      for (short value : slice.hounsfield().get(0)) {
        air += value < -900 ? 1 : 0;
        soft += value > -200 && value < 200 ? 1 : 0;
      }
    }
    int pixels = files.size() * 512 * 512;
    assertTrue(air > pixels / 4 && soft > pixels / 20, air + " pixels of air, " + soft + " of soft tissue");
  }

  @Test
  void whatCannotBeDecodedIsRefusedByName() throws Exception {
    Dataset image = DicomReader.read(SharedData.path(JPEG_2000 + "/000302.dcm")).dataset();
    Path file = folder.resolve("htj2k.dcm");
    DicomWriter.writeFile(file, image, TransferSyntax.of(Uid.HTJ2K));
    GeometryRefusal refusal =
        assertThrows(
            GeometryRefusal.class, () -> CtSeriesReader.read(List.of(file), RULES.withMinSlices(1)));
    assertEquals(Code.UNSUPPORTED_TRANSFER_SYNTAX, refusal.code());
    assertTrue(refusal.getMessage().contains(Uid.HTJ2K), refusal.getMessage());
  }

  @Test
  void ctObjectsThatCallTheirModalitySegAreCt() throws Exception {
    Path odd = unpack("odd/modality-SEG-sop-CT_3.tar.bz2");
    GeometryRefusal refusal = refusal(ctImages(odd));
    assertEquals(Code.TOO_FEW_SLICES, refusal.code(), refusal.getMessage());
  }

  private CtSeries read(String archive) throws Exception {
    return CtSeriesReader.read(ctImages(unpack(archive)), RULES);
  }

  private static GeometryRefusal refusal(List<Path> files) {
    return assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(files, RULES));
  }

  private static double mean(CtSeries series) {
    double sum = 0;
    for (short[] slice : series.hounsfield()) {
      for (short value : slice) {
        sum += value;
      }
    }
    return sum / series.hounsfield().size() / series.hounsfield().get(0).length;
  }

  private static double mean(Volume volume) {
    double sum = 0;
    for (short value : volume.hounsfield()) {
      sum += value;
    }
    return sum / volume.hounsfield().length;
  }

  /** Image files below a folder; directories, structure sets and texts are no objects of a CT series. */
  private static List<Path> ctImages(Path folder) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isRegularFile).filter(RealSeriesTest::isImage).sorted().toList();
    }
  }

  private static boolean isImage(Path file) {
    try {
      return DicomReader.readUntil(file, Tag.PixelData).dataset().contains(Tag.Rows);
    } catch (IOException e) {
      return false;
    }
  }

  private static Path find(Path folder, String name) throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      return tree.filter(Files::isDirectory).filter(p -> p.endsWith(name)).findFirst().orElseThrow();
    }
  }

  private Path unzip(Path zip) throws IOException {
    try (InputStream in = Files.newInputStream(zip);
        ZipInputStream entries = new ZipInputStream(in)) {
      int count = 0;
      for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
        if (!entry.isDirectory()) {
          Files.copy(entries, folder.resolve("entry" + count++));
        }
      }
    }
    return folder;
  }

  private Path unpack(String archive) throws IOException, InterruptedException {
    Path file = SharedData.path(archive);
    Process tar =
        new ProcessBuilder("tar", "xjf", file.toString(), "-C", folder.toString()).inheritIO().start();
    assertEquals(0, tar.waitFor(), "tar (with bzip2) must be installed to unpack " + archive);
    return folder;
  }
}

package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.PixelEncoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.volume.GeometryRefusal.Code;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import nmsw.volume.phantom.ScanOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CtSeriesReaderTest {
  private static final GeometryRules RULES = GeometryRules.defaults();
  private static final Vec3 L = new Vec3(1, 0, 0);
  private static final Vec3 P = new Vec3(0, 1, 0);

  @TempDir Path folder;

  @ParameterizedTest(name = "{0}")
  @MethodSource("nmsw.volume.ResamplerTest#stacks")
  void readsAnyStackInAnyFileOrder(String name, SliceStack stack) throws Exception {
    List<Path> files = new CtFiles(stack, Fields::ramp).write(folder);
    CtSeries series = CtSeriesReader.read(files, RULES);
    assertEquals(series.stack(), CtSeriesReader.readStack(files, RULES));
    assertEquals(stack.rows(), series.stack().rows());
    assertEquals(stack.columns(), series.stack().columns());
    assertEquals(stack.size(), series.stack().size());
    assertTrue(series.findings().isEmpty());
    for (int k = 0; k < stack.size(); k++) {
      assertEquals(stack.slices().get(k).sopInstanceUid(), series.stack().slices().get(k).sopInstanceUid());
      Vec3 expected = stack.toPatient(stack.columns() - 1, stack.rows() - 1, k);
      Vec3 actual = series.stack().toPatient(stack.columns() - 1, stack.rows() - 1, k);
      assertEquals(0, expected.minus(actual).length(), 1e-3);
    }
    List<short[]> pixels = Fields.sample(stack, Fields::ramp);
    for (int k = 0; k < stack.size(); k++) {
      assertArrayEquals(pixels.get(k), series.hounsfield().get(k));
    }
    assertEquals(CtFiles.FRAME, series.header().requireString(Tag.FrameOfReferenceUID));
    assertFalse(series.header().contains(Tag.PixelData));
    Volume volume = Resampler.toGrid(series, ModelGrid.forStack(series.stack(), new Vec3(2, 2, 2)));
    Vec3 middle =
        stack.toPatient(stack.columns() / 2.0, stack.rows() / 2.0, stack.size() / 2)
            .plus(stack.normal().times(0.3));
    Vec3 index = volume.grid().toIndex(middle);
    int i = (int) index.x();
    int j = (int) index.y();
    int k = (int) index.z();
    assertEquals(
        Fields.ramp(volume.grid().toPatient(i, j, k)), volume.hounsfield()[volume.grid().index(i, j, k)],
            1.01);
  }

  @Test
  void rescaleIsAppliedPerSlice() throws Exception {
    CtFiles files = regular(20);
    files.changeAll(d -> CtFiles.putPixels(d, filled(1000)));
    files.change(3, d -> d.putNumber(Tag.RescaleSlope, 0.5).putNumber(Tag.RescaleIntercept, -7.3));
    files.change(4, d -> d.putNumber(Tag.RescaleSlope, 1000));
    CtSeries series = read(files);
    assertEquals(1000, series.hounsfield().get(2)[0]);
    assertEquals(493, series.hounsfield().get(3)[0]);
    assertEquals(Short.MAX_VALUE, series.hounsfield().get(4)[0]);
  }

  @Test
  void storedBitsAndSignAreHonoured() throws Exception {
    CtFiles files = regular(20);
    files.changeAll(d -> CtFiles.putPixels(d, filled(0xFFFF)));
    files.change(0, d -> d.putInt(Tag.BitsStored, 12).putInt(Tag.HighBit, 11));
    files.change(
        1, d -> d.putInt(Tag.BitsStored, 12).putInt(Tag.HighBit, 11).putInt(Tag.PixelRepresentation, 0));
    CtSeries series = read(files);
    assertEquals(-1, series.hounsfield().get(0)[5]);
    assertEquals(4095, series.hounsfield().get(1)[5]);
    assertEquals(-1, series.hounsfield().get(2)[5]);
  }

  @Test
  void paddingBecomesAirBeforeRescaleWhateverItsVr() throws Exception {
    CtFiles files = regular(20);
    short[] stored = filled(40);
    stored[0] = -2000;
    stored[1] = -1990;
    stored[2] = -1980;
    files.changeAll(d -> CtFiles.putPixels(d, stored));
    files.changeAll(d -> d.putNumber(Tag.RescaleIntercept, -1000));
    files.change(0, d -> CtFiles.putRaw(d, Tag.PixelPaddingValue, VR.SS, -2000));
    files.change(1, d -> CtFiles.putRaw(d, Tag.PixelPaddingValue, VR.US, 63536));
    files.change(2, d -> {
      CtFiles.putRaw(d, Tag.PixelPaddingValue, VR.US, 63536);
      CtFiles.putRaw(d, Tag.PixelPaddingRangeLimit, VR.US, 63546);
    });
    CtSeries series = read(files);
    assertArrayEquals(new short[] {-1024, -2990, -2980, -960}, Arrays.copyOf(series.hounsfield().get(0), 4));
    assertArrayEquals(new short[] {-1024, -2990, -2980, -960}, Arrays.copyOf(series.hounsfield().get(1), 4));
    assertArrayEquals(new short[] {-1024, -1024, -2980, -960}, Arrays.copyOf(series.hounsfield().get(2), 4));
    assertArrayEquals(new short[] {-3000, -2990, -2980, -960}, Arrays.copyOf(series.hounsfield().get(3), 4));
  }

  @Test
  void objectsThatAreNeverSegmented() throws Exception {
    refusedOrLeftOut(Code.NOT_CT, d -> d.putString(Tag.SOPClassUID, Uid.MRImageStorage));
    refusedOrLeftOut(Code.NOT_CT, d -> d.putInt(Tag.NumberOfFrames, 2));
    refusedOrLeftOut(
        Code.SECONDARY_CAPTURE, d -> d.putString(Tag.SOPClassUID, Uid.SecondaryCaptureImageStorage));
    refusedOrLeftOut(Code.LOCALIZER, d -> d.putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "LOCALIZER"));
    refusedOrLeftOut(Code.NOT_MONOCHROME, d -> d.putString(Tag.PhotometricInterpretation, "RGB"));
  }

  @Test
  void objectsWithoutAPlace() throws Exception {
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.remove(Tag.ImagePositionPatient));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.remove(Tag.ImageOrientationPatient));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.remove(Tag.PixelSpacing));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.remove(Tag.Rows));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.putString(Tag.SOPClassUID, Uid.EnhancedCTImageStorage));
    refusedOrLeftOut(
        Code.NO_GEOMETRY,
        d -> d.putString(Tag.SOPClassUID, Uid.EnhancedCTImageStorage).putInt(Tag.NumberOfFrames, Integer.MAX_VALUE));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.putInt(Tag.Columns, 0));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.putNumber(Tag.PixelSpacing, 0, 1));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> d.putNumber(Tag.PixelSpacing, 1, -1));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> CtFiles.put(d, L, L));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> CtFiles.put(d, L, Vec3.ZERO));
    refusedOrLeftOut(Code.NO_GEOMETRY, d -> CtFiles.put(d, new Vec3(0, 0, 1e30)));
  }

  @Test
  void imagesThatAreNotOneStack() throws Exception {
    refusedOrLeftOut(Code.MIXED_FRAME_OF_REFERENCE, d -> d.putString(Tag.FrameOfReferenceUID, "1.9"));
    refusedOrLeftOut(Code.MIXED_ORIENTATION, d -> CtFiles.put(d, L, new Vec3(0, 0, -1)));
    refusedOrLeftOut(Code.MIXED_ORIENTATION, d -> CtFiles.put(d, L.times(-1), P.times(-1)));
    refusedOrLeftOut(Code.MIXED_MATRIX, d -> d.putInt(Tag.Rows, 4));
    refusedOrLeftOut(Code.MIXED_MATRIX, d -> d.putNumber(Tag.PixelSpacing, 0.7, 1.3));
  }

  /** The last 2 of 20 harmed: left out, with their UIDs; the last 3: refused. */
  private void refusedOrLeftOut(Code code, Consumer<Dataset> harm) throws Exception {
    CtFiles two = regular(20).change(18, harm).change(19, harm);
    CtSeries series = read(two);
    assertEquals(18, series.stack().size());
    assertEquals(
        List.of("1.2.3.19", "1.2.3.20"),
        series.findings().stream().map(Finding::sopInstanceUid).sorted().toList());
    assertTrue(series.findings().stream().allMatch(f -> f.code() == code), series.findings().toString());
    CtFiles three = regular(20).change(17, harm).change(18, harm).change(19, harm);
    String message = refusal(code, three);
    assertTrue(message.matches(".*1\\.2\\.3\\.(18|19|20)\\b.*"), message);
  }

  @Test
  void aSeriesOfLocalizersIsCalledThat() throws Exception {
    refusal(
        Code.LOCALIZER, regular(2).changeAll(d -> d.putString(Tag.ImageType, "ORIGINAL", "PRIMARY",
            "LOCALIZER")));
  }

  @Test
  void tooFewSlices() throws Exception {
    assertTrue(refusal(Code.TOO_FEW_SLICES, regular(3)).contains(CtFiles.SERIES));
    refusal(Code.TOO_FEW_SLICES, regular(15));
    assertEquals(16, read(regular(16)).stack().size());
    assertEquals(
        Code.TOO_FEW_SLICES,
        assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(List.of(), RULES)).code());
  }

  @ParameterizedTest
  @CsvSource({"0.4,10", "0.625,1", "1,8", "1.25,23", "2.5,10", "3,22", "5,10", "8,1"})
  void oneLostSliceIsMissedAtAnySpacing(double spacing, int lost) throws Exception {
    String message = refusal(Code.MISSING_SLICES, regular(25, spacing).remove(lost));
    assertTrue(message.contains("1.2.3." + lost) && message.contains("1.2.3." + (lost + 2)), message);
  }

  @Test
  void severalLostSlicesAreMissed() throws Exception {
    refusal(Code.MISSING_SLICES, regular(20, 1).remove(15).remove(10).remove(4));
    refusal(Code.MISSING_SLICES, regular(30, 2.5).remove(10).remove(10).remove(10).remove(10));
  }

  @Test
  void roundedAndVaryingDistancesAreAccepted() throws Exception {
    double[] rounded = new double[40];
    double[] zones = new double[40];
    double[] varying = new double[40];
    for (int k = 1; k < 40; k++) {
      rounded[k] = Math.rint(k * 6.25) / 10;
      zones[k] = zones[k - 1] + (k < 20 ? 3 : 6);
      varying[k] = varying[k - 1] + new double[] {2, 3.1, 4.4, 2.6, 3.5}[k % 5];
    }
    for (double[] distances : List.of(rounded, zones, varying)) {
      SliceStack stack = Fields.stack(8, 6, 0.7, 1.3, L, P, Vec3.ZERO, distances, Vec3.ZERO);
      assertEquals(40, read(new CtFiles(stack, Fields::ramp)).stack().size());
    }
    varying[39] += 9;
    SliceStack torn = Fields.stack(8, 6, 0.7, 1.3, L, P, Vec3.ZERO, varying, Vec3.ZERO);
    refusal(Code.MISSING_SLICES, new CtFiles(torn, Fields::ramp));
  }

  @Test
  void phasesAtTheSamePositionsAreSplitOrRefused() throws Exception {
    CtFiles same = twoPhases(null);
    assertTrue(refusal(Code.DUPLICATE_POSITION, same).contains("1.2.3."));
    for (int tag : new int[] {Tag.AcquisitionNumber, Tag.TemporalPositionIdentifier}) {
      CtSeries series = read(twoPhases(d -> d.putInt(tag,
          d.string(Tag.SOPInstanceUID).orElseThrow().startsWith("1.9") ? 10 : 9)));
      assertEquals(20, series.stack().size());
      assertEquals("1.2.3.1", series.stack().slices().get(0).sopInstanceUid());
      assertEquals(20, series.findings().size());
      assertTrue(series.findings().stream().allMatch(f -> f.code() == Code.DUPLICATE_POSITION));
    }
  }

  @Test
  void imagesSentAgainUnderOtherUidsAreLeftOut() throws Exception {
    CtFiles files = regular(20);
    for (int k : new int[] {0, 7, 7, 19}) {
      files.add(files.get(k).copy().putString(Tag.SOPInstanceUID, "1.9." + files.size()));
    }
    CtSeries series = read(files);
    assertEquals(20, series.stack().size());
    assertEquals(4, series.findings().size());
    Dataset other = files.get(7).copy().putString(Tag.SOPInstanceUID, "1.9.99");
    CtFiles.putPixels(other, filled(77));
    assertTrue(refusal(Code.DUPLICATE_POSITION, files.add(other)).contains("1.2.3.8"));
  }

  @Test
  void theSameInstanceTwiceIsOne() throws Exception {
    CtFiles files = regular(20);
    List<Path> paths = new ArrayList<>(files.write(folder));
    paths.add(Files.copy(paths.get(4), folder.resolve("again")));
    assertEquals(20, CtSeriesReader.read(paths, RULES).stack().size());

    Dataset other = files.get(4).copy();
    other.putString(Tag.StudyDescription, "sent again with another description");
    assertEquals(20, read(regular(20).add(other)).stack().size());

    CtFiles.putPixels(other, filled(77));
    refusal(Code.DUPLICATE_POSITION, regular(20).add(other));
  }

  @Test
  void theSameEnhancedInstanceTwiceIsOne() throws Exception {
    SliceStack planes = AbdomenPhantom.standardStack(12, 10, 16, 18, 18, 20);
    Path file =
        PhantomSeries.write(folder, new AbdomenPhantom(1), planes, 1, Set.of(ScanOption.ENHANCED)).get(0);
    Dataset object = DicomReader.read(file).dataset();
    Path again = folder.resolve("again.dcm");
    DicomWriter.writeFile(again, object.copy().put(PixelEncoder.rle(object)), TransferSyntax.RLE_LOSSLESS);
    assertEquals(16, CtSeriesReader.read(List.of(file, again), RULES).stack().size());
    assertEquals(
        -1,
        Arrays.mismatch(
            CtSeriesReader.read(List.of(file), RULES).hounsfield().get(9),
            CtSeriesReader.read(List.of(again), RULES).hounsfield().get(9)));

    object.bytes(Tag.PixelData)[5] ^= 1;
    DicomWriter.writeFile(again, object.copy().put(PixelEncoder.rle(object)), TransferSyntax.RLE_LOSSLESS);
    GeometryRefusal refusal =
        assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(List.of(file, again), RULES));
    assertEquals(Code.DUPLICATE_POSITION, refusal.code());
  }

  @Test
  void voxelsThatCantBeRead() throws Exception {
    assertTrue(refusal(Code.NO_RESCALE, regular(20).change(7,
        d -> d.remove(Tag.RescaleSlope))).contains("1.2.3.8"));
    refusal(Code.NO_RESCALE, regular(20).change(7, d -> d.remove(Tag.RescaleIntercept)));
    refusal(Code.NO_RESCALE, regular(20).change(7, d -> d.putNumber(Tag.RescaleSlope, 0)));
    refusal(Code.NO_RESCALE, regular(20).changeAll(d -> d.putString(Tag.RescaleType, "Z_EFF")));
    assertTrue(refusal(Code.BAD_PIXEL_DATA, regular(20).change(7,
        d -> d.remove(Tag.PixelData))).contains("1.2.3.8"));
    refusal(Code.BAD_PIXEL_DATA, regular(20).change(7, d -> CtFiles.putPixels(d, (short) 1)));
    refusal(Code.BAD_PIXEL_DATA, regular(20).change(7, d -> d.putInt(Tag.BitsStored, 20)));
  }

  @Test
  void aFileCutInItsPixelsIsRefusedWithItsUid() throws Exception {
    List<Path> files = regular(20).write(folder);
    byte[] whole = Files.readAllBytes(files.get(5));
    Files.write(files.get(5), Arrays.copyOf(whole, whole.length - 10));
    GeometryRefusal refusal = assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(files, RULES));
    assertEquals(Code.BAD_PIXEL_DATA, refusal.code());
    assertTrue(refusal.getMessage().contains("1.2.3."), refusal.getMessage());
  }

  @Test
  void sizesAreCheckedBeforePixelsAreRead() throws Exception {
    List<Path> files = regular(20).changeAll(d -> d.remove(Tag.PixelData)).write(folder);
    GeometryRefusal refusal =
        assertThrows(
            GeometryRefusal.class, () -> CtSeriesReader.read(files, RULES.withMaxVoxels(20 * 48 - 1)));
    assertTrue(refusal.getMessage().contains("959 voxels"), refusal.getMessage());
    CtFiles far = regular(20).change(0, d -> CtFiles.put(d, new Vec3(5000, 5, 70)));
    refusal(Code.NO_GEOMETRY, far);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GET / HTTP/1.1\r\n\r\n", "not DICOM"})
  void aFileThatIsNotDicomIsNamed(String content) throws Exception {
    List<Path> files = new ArrayList<>(regular(20).write(folder));
    files.add(Files.writeString(folder.resolve("stranger"), content));
    IOException e = assertThrows(IOException.class, () -> CtSeriesReader.read(files, RULES));
    assertTrue(e.getMessage().contains("stranger"), e.getMessage());
  }

  @Test
  void filesOfTwoSeriesAreNotMixed() throws Exception {
    List<Path> files = regular(20).change(3, d -> d.putString(Tag.SeriesInstanceUID, "1.7")).write(folder);
    IOException e = assertThrows(IOException.class, () -> CtSeriesReader.read(files, RULES));
    assertTrue(e.getMessage().contains("1.7") && e.getMessage().contains(CtFiles.SERIES), e.getMessage());
  }

  private CtFiles twoPhases(Consumer<Dataset> change) {
    CtFiles files = regular(20);
    for (int k = 0; k < 20; k++) {
      Dataset second = files.get(k).copy();
      second.putString(Tag.SOPInstanceUID, "1.9." + (k + 1));
      CtFiles.putPixels(second, filled(k));
      files.add(second);
    }
    return change == null ? files : files.changeAll(change);
  }

  private CtSeries read(CtFiles files) throws Exception {
    return CtSeriesReader.read(files.write(folder), RULES);
  }

  private String refusal(Code code, CtFiles files) throws IOException {
    List<Path> paths = files.write(folder);
    GeometryRefusal refusal = assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(paths, RULES));
    assertEquals(code, refusal.code(), refusal.getMessage());
    assertTrue(refusal.getMessage().startsWith(code + ": "));
    return refusal.getMessage();
  }

  private static CtFiles regular(int slices) {
    return regular(slices, 2.5);
  }

  private static CtFiles regular(int slices, double spacing) {
    return new CtFiles(
        Fields.stack(8, 6, 0.7, 1.3, L, P, new Vec3(-3, 5, 70), Fields.regular(slices, spacing), Vec3.ZERO),
        Fields::ramp);
  }

  private static short[] filled(int value) {
    short[] stored = new short[48];
    Arrays.fill(stored, (short) value);
    return stored;
  }
}

package nmsw.volume.phantom;

import static nmsw.volume.phantom.ScanOption.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.dicom.Uid;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.Finding;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.GeometryRefusal.Code;
import nmsw.volume.GeometryRules;
import nmsw.volume.Grid;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Resampler;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way to scan a phantom, read as a series: refused with its code, or labels of the model's grid come back to the
 * pixels that they belong to. What is where is known from the formula and from the planes that were written, not from
 * what was read.
 */
class ScanOptionTest {
  private static final long SEED = 7;
  private static final AbdomenPhantom PHANTOM = new AbdomenPhantom(SEED);
  private static final Vec3 SPACING = new Vec3(1.5, 1.5, 1.5);

  /** Labels of the model's grids; most scans have the same. */
  private static final Map<String, LabelVolume> LABELS = new HashMap<>();

  private static final Map<String, LabelProbabilities> SHARES = new HashMap<>();

  private static final Map<SliceStack, List<byte[]>> TRUTH = new HashMap<>();

  @TempDir Path folder;

  /** The upper belly, off the middle in every direction. */
  private static SliceStack axial() {
    SliceStack s = AbdomenPhantom.standardStack(60, 50, 20, 3, 3, 3);
    List<SliceStack.Slice> slices =
        s.slices().stream()
            .map(
                p ->
                    new SliceStack.Slice(
                        p.sopInstanceUid(), p.sopClassUid(), 1, p.instanceNumber(),
                        p.position().plus(new Vec3(-25, 12, 47))))
            .toList();
    return new SliceStack(
        s.columns(), s.rows(), s.columnSpacing(), s.rowSpacing(), s.rowDirection(), s.columnDirection(), slices);
  }

  static Stream<Arguments> accepted() {
    return Stream.of(
        Arguments.of(Set.of(), null, 0),
        Arguments.of(Set.of(FEET_FIRST), null, 0),
        Arguments.of(Set.of(PRONE), null, 0),
        Arguments.of(Set.of(FEET_FIRST, PRONE), null, 0),
        Arguments.of(Set.of(SAGITTAL), null, 0),
        Arguments.of(Set.of(CORONAL), null, 0),
        Arguments.of(Set.of(ANISOTROPIC), null, 0),
        Arguments.of(Set.of(WIDE), null, 0),
        Arguments.of(Set.of(ODD_COLUMNS), null, 0),
        Arguments.of(Set.of(IRREGULAR), null, 0),
        Arguments.of(Set.of(TILTED), null, 0),
        Arguments.of(Set.of(FEET_FIRST, TILTED, ANISOTROPIC, IRREGULAR), null, 0),
        Arguments.of(Set.of(DESCENDING), null, 0),
        Arguments.of(Set.of(RESCALED_BY_SLICE), null, 0),
        Arguments.of(Set.of(PADDED), null, 0),
        Arguments.of(Set.of(SIGNED), null, 0),
        Arguments.of(Set.of(SLICES_TWICE), Code.DUPLICATE_POSITION, 4),
        Arguments.of(Set.of(TWO_ACQUISITIONS), Code.DUPLICATE_POSITION, 20),
        Arguments.of(Set.of(TWO_PHASES), Code.DUPLICATE_POSITION, 20),
        Arguments.of(Set.of(LOCALIZER), Code.LOCALIZER, 1),
        Arguments.of(Set.of(STRAY_MATRIX), Code.MIXED_MATRIX, 1),
        Arguments.of(Set.of(STRAY_ORIENTATION), Code.MIXED_ORIENTATION, 1),
        Arguments.of(Set.of(STRAY_FRAME_OF_REFERENCE), Code.MIXED_FRAME_OF_REFERENCE, 1),
        Arguments.of(Set.of(ENHANCED), null, 0),
        Arguments.of(Set.of(ENHANCED, TILTED, FEET_FIRST, RESCALED_BY_SLICE), null, 0),
        Arguments.of(Set.of(ENHANCED, CORONAL, SIGNED, DESCENDING), null, 0),
        Arguments.of(Set.of(ENHANCED, PADDED, TWO_PHASES), Code.DUPLICATE_POSITION, 20),
        Arguments.of(Set.of(ENHANCED, TWO_ACQUISITIONS), Code.DUPLICATE_POSITION, 20),
        Arguments.of(Set.of(ENHANCED, LOCALIZER), Code.LOCALIZER, 1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("accepted")
  void labelsComeBackToTheirPixels(Set<ScanOption> options, Code left, int leftOut) throws Exception {
    SliceStack planes = PhantomSeries.planes(axial(), options);
    List<Path> files = new ArrayList<>(PhantomSeries.write(folder, PHANTOM, planes, SEED, options));
    Collections.shuffle(files, new Random(SEED));
    CtSeries series = CtSeriesReader.read(files, GeometryRules.defaults());
    assertEquals(leftOut, series.findings().size());
    assertTrue(series.findings().stream().map(Finding::code).allMatch(c -> c == left), series.findings().toString());

    SliceStack stack = series.stack();
    assertEquals(planes.size(), stack.size());
    assertEquals(planes.columns(), stack.columns());
    assertEquals(planes.rows(), stack.rows());
    List<byte[]> truth = inTheOrderOf(stack, planes, options);
    Grid grid = ModelGrid.forStack(stack, SPACING);
    double[] ofShares = dice(Resampler.toSlices(shares(grid), stack).labels(), truth);
    for (Organ organ : Organ.values()) {
      assertTrue(!(ofShares[organ.label()] < 0.97), organ + ": " + Arrays.toString(ofShares));
    }
    List<byte[]> carried = Resampler.toSlices(labels(grid), stack).labels();
    double[] dice = dice(carried, truth);
    assertTrue(mean(dice) >= 0.97, "Dice of the organs: " + Arrays.toString(dice));
    for (Organ organ : Organ.values()) {
      assertTrue(!(dice[organ.label()] < 0.95), organ + ": " + Arrays.toString(dice));
    }
    assertTrue(Arrays.stream(dice).filter(d -> d > 0).count() >= 6, "organs in view: " + Arrays.toString(dice));
    for (List<byte[]> mirrored : mirrored(truth, stack.columns())) {
      double[] wrong = dice(carried, mirrored);
      assertTrue(mean(wrong) < 0.75, "of a mirror image: " + Arrays.toString(wrong));
    }
  }

  /** The true labels of the planes that were written, as the slices that were read stand. */
  private static List<byte[]> inTheOrderOf(SliceStack stack, SliceStack planes, Set<ScanOption> options) {
    SliceStack written = PhantomSeries.identified(planes, SEED, options);
    List<byte[]> truth = TRUTH.computeIfAbsent(planes, p -> PHANTOM.labels(p).labels());
    Map<String, Integer> byUid = new HashMap<>();
    for (int k = 0; k < written.size(); k++) {
      String uid = written.slices().get(k).sopInstanceUid();
      byUid.put(uid, k);
      // Which of two equal images is left out is all the same.
      byUid.put(Uid.derived("phantom copy", "twice", uid), k);
    }
    boolean enhanced = options.contains(ENHANCED);
    int framesPerSlice = options.contains(TWO_ACQUISITIONS) || options.contains(TWO_PHASES) ? 2 : 1;
    int localizers = options.contains(LOCALIZER) ? 1 : 0;
    List<byte[]> ordered = new ArrayList<>();
    for (SliceStack.Slice slice : stack.slices()) {
      int frame = slice.frame() - 1;
      int k = enhanced
          ? frame == 0 ? 0 : (frame - localizers) / framesPerSlice
          : byUid.get(slice.sopInstanceUid());
      ordered.add(truth.get(k));
    }
    assertEquals(stack.size(), Set.copyOf(ordered).size(), "every slice once");
    return ordered;
  }

  /** What a network that is right would say of voxels on a border: how much of them each class takes. */
  private static LabelProbabilities shares(Grid grid) {
    LabelProbabilities known = SHARES.computeIfAbsent(key(grid), k -> sampled(grid));
    return new LabelProbabilities(
        new LabelVolume(grid, known.labels().labels()), known.probability(), known.second(), known.secondProbability());
  }

  /** Two samples along each axis of a voxel. */
  private static LabelProbabilities sampled(Grid grid) {
    Grid fine =
        new Grid(
            2 * grid.nx(), 2 * grid.ny(), 2 * grid.nz(), grid.toPatient(-0.25, -0.25, -0.25),
            grid.stepX().times(0.5), grid.stepY().times(0.5), grid.stepZ().times(0.5));
    byte[] samples = PHANTOM.labels(fine).labels();
    LabelProbabilities shares = LabelProbabilities.certain(new LabelVolume(grid, new byte[grid.voxels()]));
    int[] counts = new int[Organ.values().length + 1];
    for (int v = 0; v < grid.voxels(); v++) {
      int x = v % grid.nx();
      int y = v / grid.nx() % grid.ny();
      int z = v / grid.nx() / grid.ny();
      Arrays.fill(counts, 0);
      for (int corner = 0; corner < 8; corner++) {
        counts[samples[fine.index(2 * x + (corner & 1), 2 * y + (corner >> 1 & 1), 2 * z + (corner >> 2))]]++;
      }
      int first = 0;
      for (int c = 1; c < counts.length; c++) {
        first = counts[c] > counts[first] ? c : first;
      }
      int second = first == 0 ? 1 : 0;
      for (int c = 0; c < counts.length; c++) {
        second = c != first && counts[c] > counts[second] ? c : second;
      }
      shares.labels().labels()[v] = (byte) first;
      shares.probability()[v] = (byte) (255 * counts[first] / 8);
      shares.second()[v] = (byte) second;
      shares.secondProbability()[v] = (byte) (255 * counts[second] / 8);
    }
    return shares;
  }

  private static LabelVolume labels(Grid grid) {
    return new LabelVolume(grid, LABELS.computeIfAbsent(key(grid), k -> PHANTOM.labels(grid)).labels());
  }

  private static String key(Grid grid) {
    String key = String.format("%d %d %d", grid.nx(), grid.ny(), grid.nz());
    for (int corner = 0; corner < 8; corner++) {
      Vec3 p = grid.toPatient(corner & 1, corner >> 1 & 1, corner >> 2);
      key += String.format(" %.6f %.6f %.6f", p.x() + 1e-9, p.y() + 1e-9, p.z() + 1e-9);
    }
    return key;
  }

  /** By label; NaN for organs of less than 5 ml in view, whose border is all there is of them. */
  private static double[] dice(List<byte[]> labels, List<byte[]> truth) {
    int n = Organ.values().length + 1;
    long[] both = new long[n];
    long[] one = new long[n];
    long[] other = new long[n];
    for (int k = 0; k < labels.size(); k++) {
      for (int i = 0; i < labels.get(k).length; i++) {
        int a = labels.get(k)[i];
        int b = truth.get(k)[i];
        one[a]++;
        other[b]++;
        both[a] += a == b ? 1 : 0;
      }
    }
    double[] dice = new double[n];
    for (int c = 0; c < n; c++) {
      dice[c] = c > 0 && other[c] * 27 >= 5000 ? 2.0 * both[c] / (one[c] + other[c]) : Double.NaN;
    }
    return dice;
  }

  private static double mean(double[] dice) {
    return Arrays.stream(dice).filter(d -> !Double.isNaN(d)).average().orElseThrow();
  }

  /** Along columns, rows and slices. */
  private static List<List<byte[]>> mirrored(List<byte[]> slices, int columns) {
    List<byte[]> left = new ArrayList<>();
    List<byte[]> up = new ArrayList<>();
    for (byte[] slice : slices) {
      byte[] a = new byte[slice.length];
      byte[] b = new byte[slice.length];
      int rows = slice.length / columns;
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
          a[r * columns + c] = slice[r * columns + columns - 1 - c];
          b[r * columns + c] = slice[(rows - 1 - r) * columns + c];
        }
      }
      left.add(a);
      up.add(b);
    }
    List<byte[]> back = new ArrayList<>(slices);
    Collections.reverse(back);
    return List.of(left, up, back);
  }

  @ParameterizedTest
  @CsvSource({"RESCALED_BY_SLICE, 1", "SIGNED, 0", "PADDED, 0", "DESCENDING, 0"})
  void hounsfieldValuesAreThoseOfTheFormula(ScanOption option, double tolerance) throws Exception {
    for (Set<ScanOption> options : List.of(Set.of(option), Set.of(option, ENHANCED))) {
      SliceStack planes = PhantomSeries.planes(AbdomenPhantom.standardStack(40, 30, 16, 11, 11, 20), options);
      CtSeries series =
          CtSeriesReader.read(
              PhantomSeries.write(folder, PHANTOM, planes, SEED, options), GeometryRules.defaults());
      int padded = 0;
      for (int k = 0; k < planes.size(); k++) {
        short[] expected = PHANTOM.hounsfield(planes, k);
        for (int i = 0; i < expected.length; i++) {
          double x = (i % 40 + 0.5) / 40 - 0.5;
          double y = (i / 40 + 0.5) / 30 - 0.5;
          boolean outside = option == PADDED && x * x + y * y > 0.25;
          padded += outside ? 1 : 0;
          int value = outside ? Resampler.AIR : expected[i];
          assertEquals(value, series.hounsfield().get(k)[i], tolerance, "slice " + k + ", pixel " + i);
        }
      }
      assertEquals(option == PADDED, padded > 0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SLICE_LOST, MISSING_SLICES", "FIVE_SLICES_LOST, MISSING_SLICES", "TWO_UNMARKED, DUPLICATE_POSITION",
    "ONLY_LOCALIZERS, LOCALIZER", "MIXED_MATRIX, MIXED_MATRIX", "MIXED_ORIENTATION, MIXED_ORIENTATION",
    "MIXED_FRAME_OF_REFERENCE, MIXED_FRAME_OF_REFERENCE", "NO_PIXEL_SPACING, NO_GEOMETRY", "NO_RESCALE, NO_RESCALE",
    "PIXELS_CUT, BAD_PIXEL_DATA", "HTJ2K, UNSUPPORTED_TRANSFER_SYNTAX", "MR, NOT_CT",
    "SECONDARY_CAPTURE, SECONDARY_CAPTURE", "COLOUR, NOT_MONOCHROME"
  })
  void refusedWithItsCode(ScanOption option, Code code) throws Exception {
    SliceStack axial = AbdomenPhantom.standardStack(24, 16, 25, 9, 9, 6);
    assertEquals(code, refusal(axial, Set.of(option)));
  }

  /** Where distances vary, one lost slice can't be told from a wide gap; five can. */
  @Test
  void fiveLostSlicesAreMissedWhereDistancesVaryToo() throws Exception {
    SliceStack axial = AbdomenPhantom.standardStack(24, 16, 25, 9, 9, 6);
    assertEquals(Code.MISSING_SLICES, refusal(axial, Set.of(FIVE_SLICES_LOST, IRREGULAR)));
  }

  @ParameterizedTest
  @CsvSource({
    "SLICE_LOST, MISSING_SLICES", "FIVE_SLICES_LOST, MISSING_SLICES", "TWO_UNMARKED, DUPLICATE_POSITION",
    "ONLY_LOCALIZERS, LOCALIZER", "MIXED_ORIENTATION, MIXED_ORIENTATION", "NO_PIXEL_SPACING, NO_GEOMETRY",
    "NO_RESCALE, NO_RESCALE"
  })
  void framesAreRefusedAsImagesAre(ScanOption option, Code code) throws Exception {
    SliceStack axial = AbdomenPhantom.standardStack(24, 16, 25, 9, 9, 6);
    assertEquals(code, refusal(axial, Set.of(option, ENHANCED)));
  }

  @Test
  void tooFewSlices() throws Exception {
    for (Set<ScanOption> options : List.of(Set.<ScanOption>of(), Set.of(ENHANCED))) {
      assertEquals(Code.TOO_FEW_SLICES, refusal(AbdomenPhantom.standardStack(24, 16, 15, 9, 9, 6), options));
    }
  }

  private Code refusal(SliceStack axial, Set<ScanOption> options) throws Exception {
    SliceStack planes = PhantomSeries.planes(axial, options);
    List<Path> files = PhantomSeries.write(folder, PHANTOM, planes, SEED, options);
    GeometryRefusal refusal =
        assertThrows(GeometryRefusal.class, () -> CtSeriesReader.read(files, GeometryRules.defaults()));
    assertTrue(refusal.getMessage().contains("2.25."), "a UID is named: " + refusal.getMessage());
    return refusal.code();
  }
}

package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.segmentation.nn.CellSampling;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.GlobalNetwork;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SegmenterTest {
  /** Logits of a unit or so are held as binary16. */
  private static final double ROUNDING = 2e-3;

  private final ModelBundle bundle = TinyModel.bundle();

  /** Everything at once and in full: padded volume, all classes of all voxels. */
  @ParameterizedTest
  @EnumSource(
      value = Form.class,
      names = {"EXACT", "FAST"})
  void labelsEqualThePlainComputation(Form form) {
    Volume volume = TinyModel.volume(37, 41, 26);
    SegmentationResult result;
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu().with(form))) {
      result = segmenter.segment(volume, ProgressListener.NONE);
    }

    byte[] labels = result.labels().labels();
    double[] behind = new PlainNmsw(bundle, volume, form).behind(labels);
    Set<Byte> seen = new HashSet<>();
    int ties = 0;
    for (int v = 0; v < labels.length; v++) {
      seen.add(labels[v]);
      assertTrue(behind[v] < ROUNDING, "voxel " + v + " is behind by " + behind[v]);
      ties += behind[v] == 0 ? 0 : 1;
    }
    assertTrue(ties < labels.length / 1000, ties + " ties of " + labels.length);
    assertTrue(seen.size() >= 3, "classes seen: " + seen);
    assertEquals(volume.grid(), result.labels().grid());
    assertEquals(3, result.patches().size());
    for (PatchBox patch : result.patches()) {
      assertEquals(Int3.cube(16), patch.size());
    }
    for (int i = 1; i < 3; i++) {
      assertTrue(result.patches().get(i - 1).importance() >= result.patches().get(i).importance());
    }
    assertEquals(
        List.of("preprocess", "global", "select", "local", "fuse"),
        List.copyOf(result.stages().keySet()));
  }

  @Test
  void morePatchesThanCellsCoverEverything() {
    Volume volume = TinyModel.volume(20, 21, 17);
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu())) {
      List<String> progress = new ArrayList<>();
      SegmentationResult result =
          segmenter.segment(
              volume,
              new PatchSelection.TopK(1000),
              (stage, done, total) -> progress.add(stage + " " + done + "/" + total));
      // 18x18x15 voxels of body are padded to 24x24x16: two starts along x and y.
      assertEquals(4, result.patches().size());
      assertEquals(
          List.of(
              "preprocess 1/1", "global 1/1", "select 1/1", "local 2/4", "local 4/4", "fuse 1/1"),
          progress);
    }
  }

  @Test
  void batchesGiveTheSameLabels() {
    Volume volume = TinyModel.volume(37, 41, 26);
    PatchSelection seven = new PatchSelection.TopK(7);
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu().with(Form.EXACT))) {
      byte[] single =
          segmenter.segment(volume, seven, Deadline.none(), 1, ProgressListener.NONE).labels().labels();
      List<Integer> progress = new ArrayList<>();
      byte[] batches =
          segmenter
              .segment(
                  volume,
                  seven,
                  Deadline.none(),
                  3,
                  (stage, done, total) -> {
                    if (stage.equals(SegmentationResult.LOCAL)) {
                      progress.add(done);
                    }
                  })
              .labels()
              .labels();
      assertArrayEquals(single, batches);
      assertEquals(List.of(3, 6, 7), progress);
    }
  }

  @Test
  void theFallbackSaysHowItWasRun() {
    Volume volume = TinyModel.volume(20, 21, 17);
    try (FallbackSegmenter fallback = new FallbackSegmenter(bundle, Compute.cpu());
        Segmenter plain = new Segmenter(bundle, Compute.cpu())) {
      FallbackSegmenter.Outcome outcome =
          fallback.segment(volume, new PatchSelection.TopK(2), ProgressListener.NONE);
      assertEquals(new Attempt(Compute.cpu(), 2), outcome.attempt());
      assertArrayEquals(
          plain.segment(volume, new PatchSelection.TopK(2), ProgressListener.NONE).labels().labels(),
          outcome.result().labels().labels());
    }
  }

  @Test
  void warmingUpLeavesNothingBehind() {
    Volume volume = TinyModel.volume(20, 21, 17);
    try (FallbackSegmenter cold = new FallbackSegmenter(bundle, Compute.cpu());
        FallbackSegmenter warm = new FallbackSegmenter(bundle, Compute.cpu())) {
      warm.warmUp();
      PatchSelection two = new PatchSelection.TopK(2);
      assertArrayEquals(
          cold.segment(volume, two, ProgressListener.NONE).result().labels().labels(),
          warm.segment(volume, two, ProgressListener.NONE).result().labels().labels());
    }
  }

  /** Every cell is refined either way, and nothing of the global network is left where patches replace it. */
  @Test
  void theSlidingWindowIsAllPatchesWithoutTheGlobalNetwork() {
    Volume volume = TinyModel.volume(34, 35, 26);
    ModelDescription d = TinyModel.DESCRIPTION;
    ModelDescription replace =
        new ModelDescription(
            d.name(), d.version(), d.global(), d.local(), d.spacing(), d.windowLow(), d.windowHigh(),
            d.patch(), d.overlap(), d.rate(), d.patches(), Aggregation.REPLACE);
    try (Segmenter segmenter =
        new Segmenter(
            new ModelBundle(replace, bundle.labels(), "", bundle.weights()), Compute.cpu())) {
      SegmentationResult all =
          segmenter.segment(volume, new PatchSelection.TopK(1000), ProgressListener.NONE);
      SegmentationResult sliding = segmenter.slidingWindow(volume, 0, ProgressListener.NONE);
      SegmentationResult sampled = segmenter.slidingWindow(volume, 2, ProgressListener.NONE);

      assertEquals(all.patches().size(), sliding.patches().size());
      assertArrayEquals(all.labels().labels(), sliding.labels().labels());
      assertEquals(sliding.patches(), sampled.patches());
      assertEquals(List.of("preprocess", "local", "fuse"), List.copyOf(sliding.stages().keySet()));
    }
  }

  static Stream<Arguments> unusualVolumes() {
    Volume constant = TinyModel.volume(32, 33, 20);
    Arrays.fill(constant.hounsfield(), (short) 40);
    Volume voxel = TinyModel.volume(9, 9, 9);
    Arrays.fill(voxel.hounsfield(), (short) -1000);
    voxel.hounsfield()[voxel.grid().index(4, 5, 6)] = 3000;
    return Stream.of(
        arguments(named("body of 3x3x2 voxels", TinyModel.volume(5, 6, 4)), 1),
        arguments(named("one voxel of metal in air", voxel), 1),
        arguments(named("the same value everywhere", constant), 3),
        arguments(named("2,000 slices", TinyModel.volume(20, 21, 2000)), 3));
  }

  @ParameterizedTest
  @MethodSource("unusualVolumes")
  void unusualVolumesGiveWhatThePlainComputationGives(Volume volume, int patches) {
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu().with(Form.EXACT))) {
      SegmentationResult result = segmenter.segment(volume, ProgressListener.NONE);

      assertEquals(patches, result.patches().size());
      assertNeverBehind(bundle, volume, result);
    }
  }

  @Test
  void withoutForegroundPatchesAreStillLookedAtUnlessNothingIsInDoubt() {
    Volume volume = TinyModel.volume(37, 41, 26);
    ModelBundle sure = sureOfBackground();
    try (Segmenter segmenter = new Segmenter(sure, Compute.cpu().with(Form.EXACT))) {
      SegmentationResult result = segmenter.segment(volume, ProgressListener.NONE);
      assertEquals(3, result.patches().size());
      assertNeverBehind(sure, volume, result);

      SegmentationResult random =
          segmenter.segment(volume, new PatchSelection.RandomForeground(2, 1), ProgressListener.NONE);
      assertEquals(2, random.patches().size());

      SegmentationResult none =
          segmenter.segment(volume, new PatchSelection.MarginalGain(3), ProgressListener.NONE);
      assertEquals(List.of(), none.patches());
      assertArrayEquals(new byte[volume.grid().voxels()], none.labels().labels());
    }
  }

  /** The tiny model with a global network that sees background everywhere. */
  private ModelBundle sureOfBackground() {
    Map<String, Tensor> weights = new HashMap<>(bundle.weights());
    String bias =
        bundle.net().parameters().stream()
            .map(ParameterSpec::name)
            .filter(name -> name.startsWith(NmswNet.GLOBAL) && weights.get(name).values().length == 5)
            .reduce((first, second) -> second)
            .orElseThrow();
    weights.put(bias, new Tensor(weights.get(bias).shape(), new float[] {100, 0, 0, 0, 0}));
    return new ModelBundle(bundle.description(), bundle.labels(), "", weights);
  }

  private static void assertNeverBehind(ModelBundle bundle, Volume volume, SegmentationResult result) {
    double[] behind = new PlainNmsw(bundle, volume, Form.EXACT).behind(result.labels().labels());
    for (int v = 0; v < behind.length; v++) {
      assertFalse(behind[v] >= ROUNDING, "voxel " + v + " is behind by " + behind[v]);
    }
  }

  @Test
  void airIsBackground() {
    Volume volume = TinyModel.volume(8, 8, 8);
    Arrays.fill(volume.hounsfield(), (short) -1000);
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu())) {
      SegmentationResult result = segmenter.segment(volume, ProgressListener.NONE);
      assertArrayEquals(new byte[512], result.labels().labels());
      assertEquals(List.of(), result.patches());
    }
  }

  @Test
  void anotherSpacingIsRefused() {
    Volume volume = TinyModel.volume(8, 8, 8);
    ModelDescription d = TinyModel.DESCRIPTION;
    ModelDescription finer =
        new ModelDescription(
            d.name(), d.version(), d.global(), d.local(), new Vec3(2, 2, 1.5),
            d.windowLow(), d.windowHigh(), d.patch(), d.overlap(), d.rate(), d.patches(), d.aggregation());
    ModelBundle other = new ModelBundle(finer, bundle.labels(), "", bundle.weights());
    try (Segmenter segmenter = new Segmenter(other, Compute.cpu())) {
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class,
              () -> segmenter.segment(volume, ProgressListener.NONE));
      assertTrue(refusal.getMessage().contains("1.500"), refusal.getMessage());
    }
  }

  @Test
  void memoryStaysFlatOverTwoHundredCalls() throws IOException {
    Volume volume = TinyModel.volume(20, 21, 17);
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu())) {
      for (int i = 0; i < 40; i++) {
        segmenter.segment(volume, ProgressListener.NONE);
      }
      int arrays = segmenter.heldArrays();
      long before = residentMegabytes();
      byte[] first = segmenter.segment(volume, ProgressListener.NONE).labels().labels();
      for (int i = 0; i < 160; i++) {
        segmenter.segment(volume, ProgressListener.NONE);
      }
      byte[] last = segmenter.segment(volume, ProgressListener.NONE).labels().labels();

      assertArrayEquals(first, last);
      assertEquals(arrays, segmenter.heldArrays());
      // One call's tensors are some 20 MB; the Java heap may still grow by its own rules.
      long grown = residentMegabytes() - before;
      assertTrue(grown < 600, grown + " MB more after 160 calls");
    }
  }

  @Test
  void gradientsAreOffInsideAndRestoredAfterwards() throws InterruptedException {
    boolean[] after = new boolean[1];
    try (Segmenter segmenter = new Segmenter(bundle, Compute.cpu())) {
      Thread worker =
          new Thread(
              () -> {
                JniUtils.setGradMode(true);
                segmenter.segment(
                    TinyModel.volume(8, 8, 8),
                    (stage, done, total) ->
                        assertFalse(JniUtils.isGradMode(), stage));
                after[0] = JniUtils.isGradMode();
              });
      worker.start();
      worker.join();
    }
    assertTrue(after[0]);
  }

  private static long residentMegabytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS")) {
        return Long.parseLong(line.replaceAll("\\D+", "")) / 1024;
      }
    }
    throw new IOException("no VmRSS in /proc/self/status");
  }

  /** NMSW inference written down without regard to memory or speed. */
  private record PlainNmsw(ModelBundle bundle, Volume volume, Form form) {
    /** By how much the logit of each voxel's label is below the highest. */
    double[] behind(byte[] labels) {
      ModelDescription d = bundle.description();
      int nx = volume.grid().nx();
      int ny = volume.grid().ny();
      int nz = volume.grid().nz();
      int[] first = {nx, ny, nz};
      int[] last = {-1, -1, -1};
      for (int v = 0; v < nx * ny * nz; v++) {
        if (volume.hounsfield()[v] > -250) {
          int[] at = {v % nx, v / nx % ny, v / nx / ny};
          for (int a = 0; a < 3; a++) {
            first[a] = Math.min(first[a], at[a]);
            last[a] = Math.max(last[a], at[a]);
          }
        }
      }
      int[] extent = {last[0] - first[0] + 1, last[1] - first[1] + 1, last[2] - first[2] + 1};
      int[] size = new int[3];
      int[] before = new int[3];
      for (int a = 0; a < 3; a++) {
        size[a] = Math.max(16, (extent[a] + 7) / 8 * 8);
        before[a] = (size[a] - extent[a]) / 2;
      }
      float[] padded = new float[size[0] * size[1] * size[2]];
      Arrays.fill(padded, -0.1f);
      for (int i = 0; i < extent[0]; i++) {
        for (int j = 0; j < extent[1]; j++) {
          for (int k = 0; k < extent[2]; k++) {
            short hu =
                volume.hounsfield()[volume.grid().index(i + first[0], j + first[1], k + first[2])];
            padded[((i + before[0]) * size[1] + j + before[1]) * size[2] + k + before[2]] =
                (float) Math.max(0, Math.min(1, (hu + 250) / 750.0));
          }
        }
      }
      int classes = bundle.labels().classes().size() + 1;
      double[] fused = logits(d, padded, new Int3(size[0], size[1], size[2]), classes);
      double[] behind = new double[nx * ny * nz];
      int voxels = padded.length;
      for (int i = 0; i < extent[0]; i++) {
        for (int j = 0; j < extent[1]; j++) {
          for (int k = 0; k < extent[2]; k++) {
            int v = ((i + before[0]) * size[1] + j + before[1]) * size[2] + k + before[2];
            int best = 0;
            for (int c = 1; c < classes; c++) {
              best = fused[c * voxels + v] > fused[best * voxels + v] ? c : best;
            }
            int at = volume.grid().index(i + first[0], j + first[1], k + first[2]);
            behind[at] = fused[best * voxels + v] - fused[labels[at] * voxels + v];
          }
        }
      }
      return behind;
    }

    private double[] logits(ModelDescription d, float[] padded, Int3 size, int classes) {
      Int3 lowSize = size.dividedBy(Int3.cube(2));
      float[] low = new float[(int) lowSize.product()];
      for (int v = 0; v < padded.length; v++) {
        int x = v / (size.y() * size.z());
        int y = v / size.z() % size.y();
        int z = v % size.z();
        low[(x / 2 * lowSize.y() + y / 2) * lowSize.z() + z / 2] += padded[v] / 8;
      }
      NmswNet net = bundle.net();
      PatchGrid grid = PatchGrid.of(size, d.patch(), d.overlap());
      try (NDManager manager = NDManager.newBaseManager();
          Parameters all = Parameters.of(manager, net.parameters(), bundle.weights());
          GlobalNetwork global = GlobalNetwork.compile(manager, net.global(), form);
          CompiledBackbone local = net.local().compile(manager, form)) {
        NDArray x = manager.create(low, new Shape(1, 1, lowSize.x(), lowSize.y(), lowSize.z()));
        GlobalNetwork.Inference output =
            global.infer(
                x,
                CellSampling.footprintMean(grid, GlobalNetwork.featureSize(lowSize)),
                global.backbone().prepare(manager, all.under(NmswNet.GLOBAL)),
                all.under(NmswNet.HEAD));
        float[] objectness = output.objectness().toFloatArray();
        NDArray lowLogits = output.logits().logits(manager, 0, lowSize.x());
        float[] g = lowLogits.toFloatArray();
        int lowVoxels = low.length;
        byte[] lowLabels = new byte[lowVoxels];
        for (int v = 0; v < lowVoxels; v++) {
          for (int c = 0; c < classes; c++) {
            lowLabels[v] = g[c * lowVoxels + v] > g[lowLabels[v] * lowVoxels + v] ? (byte) c : lowLabels[v];
          }
        }
        List<Integer> cells =
            new PatchSelection.TopK(d.patches())
                .select(
                    new PatchSelection.Candidates(
                        grid, objectness, lowLabels, lowSize, () -> new float[0],
                        Compat.Background.FOOTPRINT));
        double[] sum = new double[padded.length * classes];
        double[] total = new double[padded.length];
        GaussianWeight weight = new GaussianWeight(d.patch());
        int p = d.patch().x();
        List<NDArray> weights = local.prepare(manager, all.under(NmswNet.LOCAL));
        for (int cell : cells) {
          Int3 s = grid.start(cell);
          float[] patch = new float[p * p * p];
          for (int n = 0; n < patch.length; n++) {
            patch[n] = padded[index(size, s, n, p)];
          }
          NDArray logits = local.infer(manager.create(patch, new Shape(1, 1, p, p, p)), weights).logits();
          float[] l = logits.toFloatArray();
          for (int n = 0; n < patch.length; n++) {
            double w = weight.at(n / (p * p), n / p % p, n % p);
            int v = index(size, s, n, p);
            total[v] += w;
            for (int c = 0; c < classes; c++) {
              sum[c * padded.length + v] += w * l[c * patch.length + n];
            }
          }
        }
        float[] classWeight = all.get(NmswNet.CLASS_WEIGHT).toFloatArray();
        NDArray up =
            JniUtils.interpolate(
                (PtNDArray) lowLogits,
                new long[] {size.x(), size.y(), size.z()},
                4,
                false);
        float[] u = up.toFloatArray();
        for (int i = 0; i < sum.length; i++) {
          double share = 1 / (1 + Math.exp(-classWeight[i / padded.length]));
          double covered = total[i % padded.length];
          sum[i] = covered > 0 ? share * sum[i] / covered + (1 - share) * u[i] : u[i];
        }
        return sum;
      }
    }

    private static int index(Int3 size, Int3 start, int n, int p) {
      int x = start.x() + n / (p * p);
      int y = start.y() + n / p % p;
      return (x * size.y() + y) * size.z() + start.z() + n % p;
    }
  }
}

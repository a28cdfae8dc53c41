package nmsw.scp.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.scp.config.ComputeConfig;
import nmsw.scp.config.Effort;
import nmsw.scp.series.Stage;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.Compute;
import nmsw.segmentation.Deadline;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.volume.Code;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real network, tiny and untrained, behind the node's interface. */
class NmswSegmenterTest {
  private static final Grid GRID =
      new Grid(40, 36, 32, new Vec3(50, 40, -30), new Vec3(-3, 0, 0), new Vec3(0, -3, 0), new Vec3(0, 0, 3));

  @TempDir Path folder;

  @Test
  void runsABundleAndSaysWhereItLookedAndHowLongItTook() throws Exception {
    ModelBundle bundle = tiny();
    bundle.save(folder.resolve("7"));
    ComputeConfig compute = compute(SelectionRequest.Kind.TOP_K, 2);
    short[] hounsfield = new short[GRID.voxels()];
    for (int i = 0; i < hounsfield.length; i++) {
      hounsfield[i] = (short) (i % 1300 - 1000);
    }
    Set<Stage> heard = EnumSet.noneOf(Stage.class);
    try (VolumeSegmenter segmenter = NmswSegmenter.loader(compute).load(folder.resolve("7"))) {
      assertEquals("tiny", segmenter.model().name());
      assertEquals("7", segmenter.model().version());
      VolumeSegmenter.Result result =
          segmenter.segment(new Volume(GRID, hounsfield), (stage, fraction) -> heard.add(stage));

      Set<Stage> network = EnumSet.range(Stage.GLOBAL, Stage.FUSE);
      assertEquals(network, result.timings().stages().keySet());
      assertTrue(network.containsAll(heard) && heard.contains(Stage.LOCAL), heard.toString());
      assertEquals("k=2 device=cpu", result.parameters());
      assertEquals(2, result.patches().size());
      assertEquals(3 * 16, result.patches().get(0).edgeX().length(), 1e-9);
      assertEquals(GRID, result.probabilities().labels().grid());
      assertArrayEquals(
          result.probabilities().labels().labels(),
          segmenter.segment(new Volume(GRID, hounsfield), VolumeSegmenter.Progress.NONE)
              .probabilities().labels().labels());
    }
  }

  @Test
  void saysWhatWasChosenAndWhatThereWasNoTimeFor() throws Exception {
    tiny().save(folder.resolve("7"));
    short[] hounsfield = new short[GRID.voxels()];
    for (int i = 0; i < hounsfield.length; i++) {
      hounsfield[i] = (short) (i % 1300 - 1000);
    }
    Volume volume = new Volume(GRID, hounsfield);
    long[] clock = {0};
    try (VolumeSegmenter segmenter =
        NmswSegmenter.loader(compute(SelectionRequest.Kind.TOP_K, 3)).load(folder.resolve("7"))) {
      Deadline plenty = Deadline.in(Duration.ofHours(2), () -> clock[0]);
      assertEquals(
          "k=3 deadline=7200s device=cpu",
          segmenter.segment(volume, plenty, VolumeSegmenter.Progress.NONE).parameters());
      clock[0] = Duration.ofHours(3).toNanos();
      assertEquals(
          "k=0 of 3 deadline=7200s reached device=cpu",
          segmenter.segment(volume, plenty, VolumeSegmenter.Progress.NONE).parameters());
    }
    try (VolumeSegmenter segmenter =
        NmswSegmenter.loader(compute(SelectionRequest.Kind.RANDOM_FOREGROUND, 2))
            .load(folder.resolve("7"))) {
      assertEquals(
          "k=2 selection=random-foreground seed=5 device=cpu",
          segmenter.segment(volume, VolumeSegmenter.Progress.NONE).parameters());
    }
  }

  @Test
  void saysWhenItComputedInBfloat16AndARuleMayWantItOtherwise() throws Exception {
    tiny().save(folder.resolve("7"));
    ComputeConfig f32 = compute(SelectionRequest.Kind.TOP_K, 1);
    ComputeConfig bf16 =
        new ComputeConfig(f32.device(), PrecisionRequest.BF16, f32.threads(), f32.selection());
    try (VolumeSegmenter segmenter = NmswSegmenter.loader(bf16).load(folder.resolve("7"))) {
      assertEquals(
          "k=1 device=cpu precision=bf16",
          segmenter
              .segment(new Volume(GRID, new short[GRID.voxels()]), VolumeSegmenter.Progress.NONE)
              .parameters());
      Effort other = new Effort(Optional.empty(), Optional.of(2), Optional.of(PrecisionRequest.F32));
      assertEquals(
          "k=2 device=cpu",
          segmenter
              .segment(new Volume(GRID, new short[GRID.voxels()]), other, Deadline.none(), VolumeSegmenter.Progress.NONE)
              .parameters());
    }
  }

  /** Whatever auto means here. */
  @Test
  void aRuleThatWantsWhatIsUsualByAnotherNameLoadsNothingAgain() throws Exception {
    tiny().save(folder.resolve("7"));
    ComputeConfig f32 = compute(SelectionRequest.Kind.TOP_K, 1);
    ComputeConfig auto =
        new ComputeConfig(f32.device(), PrecisionRequest.AUTO, f32.threads(), f32.selection());
    PrecisionRequest meant =
        PrecisionRequest.parse(
            Compute.on(DeviceRequest.parse(f32.device()), PrecisionRequest.AUTO).precisionName());
    PrecisionRequest other = meant == PrecisionRequest.F32 ? PrecisionRequest.BF16 : PrecisionRequest.F32;
    try (NmswSegmenter segmenter = (NmswSegmenter) NmswSegmenter.loader(auto).load(folder.resolve("7"))) {
      for (PrecisionRequest wanted : List.of(PrecisionRequest.AUTO, meant, other, meant, other)) {
        segmenter.segment(
            new Volume(GRID, new short[GRID.voxels()]),
            new Effort(Optional.empty(), Optional.empty(), Optional.of(wanted)),
            Deadline.none(),
            VolumeSegmenter.Progress.NONE);
        assertEquals(wanted == other || segmenter.loaded() == 2 ? 2 : 1, segmenter.loaded());
      }
      assertEquals(2, segmenter.loaded());
    }
  }

  private static ComputeConfig compute(SelectionRequest.Kind kind, int k) {
    return new ComputeConfig(
        "cpu", PrecisionRequest.F32, 0, new SelectionRequest(kind, Optional.of(k), 5));
  }

  private static ModelBundle tiny() {
    ModelDescription description =
        new ModelDescription(
            "tiny",
            "7",
            new Architecture.UNet(List.of(4, 6, 6)),
            new Architecture.UNet(List.of(4, 6, 6)),
            new Vec3(3, 3, 3),
            -1000,
            1000,
            Int3.cube(16),
            0.5,
            Int3.cube(2),
            5,
            Aggregation.NORMALISED_CW);
    List<LabelClass> classes = new ArrayList<>();
    Code code = new Code("SCT", "10200004", "Liver");
    for (int i = 1; i <= 2; i++) {
      classes.add(
          new LabelClass(
              i, "c" + i, "C" + i, code, code, Optional.empty(), Optional.empty(), Optional.empty(), i));
    }
    try (NDManager manager = NDManager.newBaseManager();
        Parameters weights = Parameters.initialise(manager, description.net(3).parameters(), 5)) {
      return new ModelBundle(description, new LabelTable(classes), "# Untrained\n", weights.tensors());
    }
  }
}

package nmsw.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.IntStream;
import nmsw.segmentation.nn.CellSampling;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.GlobalNetwork;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.PatchGrid;
import nmsw.segmentation.nn.RunCost;
import nmsw.segmentation.nn.UNet;
import nmsw.volume.Grid;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelVolume;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/**
 * NMSW inference (NMSW §14): the global network looks at the whole volume once at low resolution, the local
 * network at the most important patches, and both are fused. Holds the model's weights outside the heap
 * until closed; segments one volume at a time.
 */
public final class Segmenter implements AutoCloseable {
  private static final double SPACING_TOLERANCE = 0.02;
  /** Voxels along x of a slice that are written at a time. */
  private static final int BLOCK = 32;

  private static final int GPU_BATCH = 4;
  private static final int CPU_BATCH_OF_UNET = 2;
  private static final EngineGate GATE = EngineGate.ofProcess();

  private final ModelDescription model;
  private final NmswNet net;
  private final Compute compute;
  private final NDManager manager;
  private final GlobalNetwork global;
  private final CompiledBackbone local;
  private final List<NDArray> globalWeights;
  private final List<NDArray> headWeights;
  private final List<NDArray> localWeights;
  private final float[] classWeight;

  public Segmenter(ModelBundle bundle, Compute compute) {
    model = bundle.description();
    net = model.net(bundle.labels().classes().size() + 1);
    this.compute = compute;
    manager = NDManager.newBaseManager(compute.device());
    GATE.enter();
    try (NDManager loading = manager.newSubManager()) {
      global = GlobalNetwork.compile(manager, net.global(), compute.form());
      local = net.local().compile(manager, compute.form());
      Parameters all = Parameters.of(loading, net.parameters(), bundle.weights());
      globalWeights = global.backbone().prepare(manager, all.under(NmswNet.GLOBAL));
      localWeights = local.prepare(manager, all.under(NmswNet.LOCAL));
      headWeights = all.under(NmswNet.HEAD);
      headWeights.forEach(weight -> weight.attach(manager));
      classWeight = all.get(NmswNet.CLASS_WEIGHT).toFloatArray();
    } finally {
      GATE.leave();
    }
  }

  /** As {@link #segment(Volume, PatchSelection, ProgressListener)} with the patches that the model was trained for. */
  public SegmentationResult segment(Volume volume, ProgressListener listener) {
    return segment(volume, SelectionRequest.own(model), listener);
  }

  /**
   * @param volume on the model's spacing, its index axes running to Right, Anterior and Superior
   * @throws IllegalArgumentException if the volume's spacing is not the model's
   * @throws NotEnoughMemory if the run would take more memory than there is; no patch was refined then
   */
  public SegmentationResult segment(
      Volume volume, PatchSelection selection, ProgressListener listener) {
    return segment(volume, selection, Deadline.none(), listener);
  }

  /**
   * As {@link #segment(Volume, PatchSelection, ProgressListener)}, in time: the most important patches are
   * taken for which there is time, none if it is over before the first. The first one's time says how many.
   *
   * @throws IllegalArgumentException if the selection is the sliding window, which no patch can be left out of
   */
  public SegmentationResult segment(
      Volume volume, PatchSelection selection, Deadline deadline, ProgressListener listener) {
    return segment(volume, selection, deadline, batch(), listener);
  }

  /**
   * Patches that the local network takes at once where memory allows. On a CPU a U-Net's take less time two at once, a
   * MedNeXt's do not. Logits that have to be cut into slabs take more.
   */
  int batch() {
    int onCpu = local.backbone() instanceof UNet ? CPU_BATCH_OF_UNET : 1;
    int batch = compute.device().isGpu() ? GPU_BATCH : onCpu;
    while (batch > 1 && local.stride(batch, model.patch()) < model.patch().x()) {
      batch /= 2;
    }
    return batch;
  }

  /**
   * @param batch patches that the local network takes at once
   * @throws NotEnoughMemory if the run would take more memory than there is; no patch was refined then
   */
  synchronized SegmentationResult segment(
      Volume volume, PatchSelection selection, Deadline deadline, int batch, ProgressListener listener) {
    requireSpacing(volume.grid());
    if (deadline.isSet() && !selection.usesGlobalNetwork()) {
      throw new IllegalArgumentException(
          selection.name() + " takes every patch and can keep no deadline: choose another selection");
    }
    Run run = new Run(volume, selection, deadline, batch, listener);
    return withoutGradients(
        scope -> selection.usesGlobalNetwork() ? run.segment(scope) : run.slide(scope, 0));
  }

  /**
   * The baseline (NMSW §12): the local network alone, on every patch of the grid, their weighted mean taken.
   *
   * @param windows to run the network on; the others are fused with the logits of the last of these, so that
   *     a benchmark need not wait for all. 0 for all
   */
  public synchronized SegmentationResult slidingWindow(
      Volume volume, int windows, ProgressListener listener) {
    requireSpacing(volume.grid());
    Run run = new Run(volume, new PatchSelection.SlidingWindow(), Deadline.none(), batch(), listener);
    return withoutGradients(scope -> run.slide(scope, windows));
  }

  private SegmentationResult withoutGradients(Function<NDManager, SegmentationResult> run) {
    GATE.enter();
    boolean gradients = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try (NDManager scope = manager.newSubManager()) {
      return run.apply(scope);
    } finally {
      JniUtils.setGradMode(gradients);
      GATE.leave();
    }
  }

  Compute compute() {
    return compute;
  }

  /** Number of native arrays that are held between calls. */
  int heldArrays() {
    return manager.getManagedArrays().size();
  }

  private void requireSpacing(Grid grid) {
    double[] steps = {grid.stepX().length(), grid.stepY().length(), grid.stepZ().length()};
    Vec3 expected = model.spacing();
    double[] spacing = {expected.x(), expected.y(), expected.z()};
    for (int axis = 0; axis < 3; axis++) {
      if (Math.abs(steps[axis] / spacing[axis] - 1) > SPACING_TOLERANCE) {
        throw new IllegalArgumentException(
            "volume with voxels of %.3f x %.3f x %.3f mm; model %s takes %.3f x %.3f x %.3f: resample first"
                .formatted(
                    steps[0], steps[1], steps[2], model.name(), spacing[0], spacing[1], spacing[2]));
      }
    }
  }

  /** One volume's way through the stages. */
  private final class Run {
    private final Volume volume;
    private final PatchSelection selection;
    private final Deadline deadline;
    private final int batch;
    private final ProgressListener listener;
    private final Map<String, Duration> stages = new LinkedHashMap<>();
    private final LabelProbabilities probabilities;
    private MemoryPlan plan;
    private long stageStart = System.nanoTime();

    Run(
        Volume volume,
        PatchSelection selection,
        Deadline deadline,
        int batch,
        ProgressListener listener) {
      this.volume = volume;
      this.selection = selection;
      this.deadline = deadline;
      this.batch = batch;
      this.listener = listener;
      int voxels = volume.grid().voxels();
      this.probabilities =
          new LabelProbabilities(
              new LabelVolume(volume.grid(), new byte[voxels]), new byte[voxels], new byte[voxels], new byte[voxels]);
      // What the networks do not look at is background.
      Arrays.fill(probabilities.probability(), (byte) LabelProbabilities.CERTAIN);
    }

    SegmentationResult segment(NDManager scope) {
      NetworkInput input = input(multiple());
      if (input.isEmpty()) {
        endStage(SegmentationResult.PREPROCESS);
        return result(List.of(), List.of(), 0, RunCost.NONE);
      }
      PatchGrid grid = PatchGrid.of(input.size(), model.patch(), model.overlap());
      requireMemory(input.size(), grid.cells());
      float[] lowInput = input.lowResolution(model.rate(), model.compat().downsampling());
      listener.progress(SegmentationResult.PREPROCESS, 1, 1);
      endStage(SegmentationResult.PREPROCESS);

      float[] objectness = new float[grid.cells()];
      LowLogits low = runGlobal(scope, lowInput, input.size().dividedBy(model.rate()), grid, objectness);
      listener.progress(SegmentationResult.GLOBAL, 1, 1);
      endStage(SegmentationResult.GLOBAL);

      List<Integer> cells =
          selection.select(
              new PatchSelection.Candidates(
                  grid, objectness, low.labels(), low.size(), low::uncertainty,
                  model.compat().backgroundCells()));
      List<Int3> starts = cells.stream().map(grid::start).toList();
      listener.progress(SegmentationResult.SELECT, 1, 1);
      endStage(SegmentationResult.SELECT);

      int refined = refine(scope, input, low, starts);
      List<PatchBox> candidates = new ArrayList<>();
      for (int cell = 0; cell < grid.cells(); cell++) {
        Int3 start = grid.start(cell).plus(input.origin());
        candidates.add(new PatchBox(start, grid.patch(), objectness[cell]));
      }
      List<PatchBox> patches = cells.subList(0, refined).stream().map(candidates::get).toList();
      return result(patches, candidates, cells.size(), RunCost.nmsw(net, grid, model.rate(), refined));
    }

    private SegmentationResult result(
        List<PatchBox> patches, List<PatchBox> candidates, int requested, RunCost cost) {
      return new SegmentationResult(
          probabilities, patches, candidates, selection.name(), requested, cost, stages);
    }

    SegmentationResult slide(NDManager scope, int windows) {
      Int3 multiple = Int3.cube(local.backbone().divisor());
      NetworkInput input = input(multiple);
      endStage(SegmentationResult.PREPROCESS);
      if (input.isEmpty()) {
        return result(List.of(), List.of(), 0, RunCost.NONE);
      }
      PatchGrid grid = PatchGrid.of(input.size(), model.patch(), model.overlap());
      requireMemory(input.size(), grid.cells());
      List<Int3> starts =
          LocalRefinement.sweep(IntStream.range(0, grid.cells()).mapToObj(grid::start).toList());
      // There is no global network; one voxel of zeros stands for it and is not read.
      LowLogits none =
          LowLogits.of(
              Int3.cube(1), classWeight.length, x -> FloatBuffer.allocate(classWeight.length));
      Fusion fusion = fusion(input, none, starts, starts, selection.aggregation(model.aggregation()));
      LocalRefinement refinement = refinement(input);
      if (windows > 0 && windows < starts.size()) {
        refinement.sample(scope, starts, windows, fusion, this::endStage);
      } else {
        refinement.run(scope, starts, fusion, this::endStage, listener);
      }
      fusion.finish();
      endStage(SegmentationResult.FUSE);
      List<PatchBox> patches =
          starts.stream()
              .map(start -> new PatchBox(start.plus(input.origin()), grid.patch(), 0))
              .toList();
      return result(patches, List.of(), patches.size(), RunCost.slidingWindow(net.local(), grid));
    }

    private NetworkInput input(Int3 multiple) {
      return new NetworkInput(
          volume,
          model.windowLow(),
          model.windowHigh(),
          model.patch(),
          multiple,
          model.compat().fixedSize());
    }

    private LocalRefinement refinement(NetworkInput input) {
      return new LocalRefinement(local, localWeights, input, model.patch(), batch);
    }

    /**
     * @param order in which the patches will be added
     * @throws NotEnoughMemory if it would hold too much then
     */
    private Fusion fusion(
        NetworkInput input, LowLogits low, List<Int3> starts, List<Int3> order, Aggregation aggregation) {
      Fusion fusion =
          new Fusion(
              low,
              input.size(),
              input.bodyFrom(),
              input.bodyTo(),
              model.patch(),
              local.stride(batch, model.patch()),
              starts,
              aggregation,
              classWeight,
              labelSink(input));
      MemoryBudget.now(compute.device()).require(plan.refining(fusion.heldVoxels(order)));
      return fusion;
    }

    private void requireMemory(Int3 padded, int cells) {
      int most = selection.most(cells);
      Grid grid = volume.grid();
      Int3 size = new Int3(grid.nx(), grid.ny(), grid.nz());
      Attempt attempt = new Attempt(compute, Math.min(batch, most));
      plan = MemoryPlan.of(model, net, size, padded, attempt, deadline.isSet());
      MemoryBudget.now(compute.device()).require(plan);
    }

    private Int3 multiple() {
      return model.rate().times(Int3.cube(global.backbone().backbone().divisor()));
    }

    private LowLogits runGlobal(
        NDManager scope, float[] lowInput, Int3 size, PatchGrid grid, float[] objectness) {
      GATE.check();
      try (NDManager step = scope.newSubManager()) {
        NDArray x = step.create(lowInput, new Shape(1, 1, size.x(), size.y(), size.z()));
        CellSampling sampling =
            model.compat().cellSampling().of(grid, GlobalNetwork.featureSize(size));
        GlobalNetwork.Inference output = global.infer(x, sampling, globalWeights, headWeights);
        float[] logits = output.objectness().toFloatArray();
        System.arraycopy(logits, 0, objectness, 0, logits.length);
        try (LogitPlanes planes = new LogitPlanes(output.logits(), step)) {
          return LowLogits.of(size, classWeight.length, planes::read);
        }
      }
    }

    /** Refines the first of these patches, as many as there is time for, and says how many. */
    private int refine(NDManager scope, NetworkInput input, LowLogits low, List<Int3> starts) {
      Aggregation aggregation = selection.aggregation(model.aggregation());
      LocalRefinement refinement = refinement(input);
      LocalRefinement.Refined refined;
      if (deadline.isSet()) {
        // Labelling at the end goes over all voxels once, as preparing the input did.
        Duration reserve = stages.get(SegmentationResult.PREPROCESS);
        Function<List<Int3>, Fusion> fusing =
            chosen -> fusion(input, low, chosen, LocalRefinement.firstThenSweep(chosen), aggregation);
        refined =
            refinement.runInTime(scope, starts, deadline, reserve, fusing, this::endStage, listener);
      } else {
        List<Int3> order = LocalRefinement.sweep(starts);
        Fusion fusion = fusion(input, low, starts, order, aggregation);
        refinement.run(scope, order, fusion, this::endStage, listener);
        refined = new LocalRefinement.Refined(fusion, starts.size());
      }
      refined.fusion().finish();
      endStage(SegmentationResult.FUSE);
      listener.progress(SegmentationResult.FUSE, 1, 1);
      return refined.patches();
    }

    /**
     * Writes slices of the padded volume, z fastest, to the input's grid, where x is fastest: a few x at a time, whose lines of
     * the slice a core's cache holds.
     */
    private Fusion.LabelSink labelSink(NetworkInput input) {
      Grid grid = volume.grid();
      Int3 origin = input.origin();
      byte[] labels = probabilities.labels().labels();
      return (fromX, y, fromZ, sizeX, sizeZ, classes) -> {
        for (int x = 0; x < sizeX; x += BLOCK) {
          int end = Math.min(sizeX, x + BLOCK);
          for (int z = 0; z < sizeZ; z++) {
            int at = grid.index(fromX + x + origin.x(), y + origin.y(), fromZ + z + origin.z());
            for (int voxel = x * sizeZ + z; voxel < end * sizeZ; voxel += sizeZ) {
              labels[at] = classes.label(voxel);
              probabilities.probability()[at] = classes.probability(voxel);
              probabilities.second()[at] = classes.second(voxel);
              probabilities.secondProbability()[at] = classes.secondProbability(voxel);
              at++;
            }
          }
        }
      };
    }

    private void endStage(String stage) {
      long now = System.nanoTime();
      stages.merge(stage, Duration.ofNanos(now - stageStart), Duration::plus);
      stageStart = now;
    }
  }

  /** Logits (N, C, X, Y, Z) in the order (N, X, Y, Z, C); without a copy if channels-last already. */
  static FloatBuffer classesLast(NDArray logits) {
    PtNDArray permuted = (PtNDArray) logits.transpose(0, 2, 3, 4, 1);
    return permuted.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Frees the weights; where the process ends, that is left to its end. */
  @Override
  public synchronized void close() {
    try {
      GATE.enter();
    } catch (CancellationException e) {
      return;
    }
    try {
      global.close();
      local.close();
      manager.close();
    } finally {
      GATE.leave();
    }
  }
}

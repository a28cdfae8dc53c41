package nmsw.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import nmsw.segmentation.Compute;
import nmsw.segmentation.EngineGate;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.RunCost;
import nmsw.segmentation.nn.ScriptModule;

/** Patches through a network, and one large matrix product beside them; a few runs each. */
final class PatchBench {
  private static final int RUNS = 4;
  private static final int MATRIX = 4096;

  private PatchBench() {}

  private interface Work {
    NDArray run(NDManager manager);
  }

  /**
   * @param seconds for one patch
   * @param megabytes by which the resident memory grew at most, 10^6 bytes
   */
  record Measured(double seconds, long megabytes) {}

  /** Patches that the network takes {@code samples} at once. */
  static Measured batch(Backbone backbone, Compute compute, Int3 patch, int samples) {
    try (NDManager manager = NDManager.newBaseManager(compute.device());
        CompiledBackbone compiled = backbone.compile(manager, compute.form());
        Parameters parameters = Parameters.initialise(manager, backbone.parameters(), 1)) {
      List<NDArray> weights = compiled.prepare(manager, parameters.arrays());
      Shape shape = new Shape(samples, 1, patch.x(), patch.y(), patch.z());
      LinuxProcess.resetPeak();
      long before = LinuxProcess.peakMegabytes();
      double seconds = best(manager, step -> compiled.infer(step.randomNormal(shape), weights).logits());
      return new Measured(seconds / samples, LinuxProcess.peakMegabytes() - before);
    }
  }

  /**
   * Seconds for one patch where as many are under way as there are engine threads, each on one thread. The engine has one
   * thread per operation from then on.
   */
  static double sideBySide(Backbone backbone, Compute compute, Int3 patch) {
    int workers = JniUtils.getNumThreads();
    Compute.useThreads(1);
    try (NDManager manager = NDManager.newBaseManager(compute.device());
        CompiledBackbone compiled = backbone.compile(manager, compute.form());
        Parameters parameters = Parameters.initialise(manager, backbone.parameters(), 1)) {
      List<NDArray> weights = compiled.prepare(manager, parameters.arrays());
      Shape shape = new Shape(1, 1, patch.x(), patch.y(), patch.z());
      Callable<Double> runs =
          () -> {
            long start = System.nanoTime();
            for (int i = 0; i < RUNS; i++) {
              timed(manager, step -> compiled.infer(step.randomNormal(shape), weights).logits());
            }
            return (System.nanoTime() - start) / 1e9;
          };
      ExecutorService pool = Executors.newFixedThreadPool(workers);
      try {
        double slowest = 0;
        for (Future<Double> worker : pool.invokeAll(Collections.nCopies(workers, runs))) {
          slowest = Math.max(slowest, worker.get());
        }
        return slowest / RUNS / workers;
      } catch (InterruptedException | ExecutionException e) {
        throw new IllegalStateException(e);
      } finally {
        pool.shutdown();
      }
    }
  }

  /** 10^9 floating point operations per second of the network on one patch. */
  static double gigaflops(Backbone backbone, Int3 patch, double seconds) {
    return 2 * RunCost.of(backbone.costs(patch)).macs() / seconds / 1e9;
  }

  /** 10^9 floating point operations per second of a matrix product in the form's precision. */
  static double matrixGigaflops(Compute compute) {
    // In TorchScript's numbering of types, 15 is bfloat16 and 6 is float32.
    String type = compute.form() == Form.FAST_BF16 ? "15" : "6";
    String methods =
        """
          def forward(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> List[Tensor]:
            a = torch.to(x, %s)
            b = torch.to(p[0], %s)
            return [torch.matmul(a, b)]
        """
            .formatted(type, type);
    try (NDManager manager = NDManager.newBaseManager(compute.device());
        ScriptModule module = ScriptModule.compile(manager, methods)) {
      List<NDArray> right = List.of(manager.randomNormal(new Shape(MATRIX, MATRIX)));
      double seconds =
          best(manager, step -> module.call("forward", List.of(step.ones(new Shape(MATRIX, MATRIX))), right, false).get(0));
      return 2.0 * MATRIX * MATRIX * MATRIX / seconds / 1e9;
    }
  }

  private static double best(NDManager manager, Work work) {
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < RUNS; i++) {
      best = Math.min(best, timed(manager, work));
    }
    return best;
  }

  private static double timed(NDManager manager, Work work) {
    EngineGate gate = EngineGate.ofProcess();
    JniUtils.setGradMode(false);
    gate.enter();
    try (NDManager step = manager.newSubManager()) {
      long start = System.nanoTime();
      NDArray result = work.run(step);
      if (result.getDevice().isGpu()) {
        // What is asked of a GPU is only begun when the call returns; a value of the result says that it is done.
        result.max().toType(DataType.FLOAT32, false).toFloatArray();
      }
      return (System.nanoTime() - start) / 1e9;
    } finally {
      gate.leave();
    }
  }
}

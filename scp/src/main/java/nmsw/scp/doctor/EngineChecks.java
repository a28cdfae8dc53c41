package nmsw.scp.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nmsw.segmentation.CudaState;

/** Whether the engine computes, on what, rightly and how fast. */
final class EngineChecks {
  private static final double CPU_TOLERANCE = 1e-5;

  /** A GPU rounds the factors of a float32 convolution to TF32, which has 10 bits of mantissa. */
  private static final double GPU_TOLERANCE = 5e-3;

  private static final double SLOW = 20;

  private EngineChecks() {}

  static List<Check> of(EngineFacts engine) {
    List<Check> checks = new ArrayList<>();
    CudaState cuda = engine.cuda();
    checks.add(
        Check.good(
            "engine",
            "PyTorch " + engine.version() + ", " + engine.threads() + " CPU threads, natives "
                + String.join(" and ", cuda.natives()) + ", in use " + cuda.libraries()));
    for (CudaState.Gpu gpu : cuda.gpus()) {
      checks.add(Check.good("GPU cuda:" + gpu.index(), describe(gpu)));
    }
    boolean onCpu = engine.device().equals("cpu");
    String why = onCpu ? cuda.obstacle().map(text -> "; no GPU because " + text).orElse("") : "";
    checks.add(Check.good("device", engine.device() + why));
    checks.add(convolution(engine, onCpu ? CPU_TOLERANCE : GPU_TOLERANCE));
    checks.add(speed(engine));
    return checks;
  }

  private static String describe(CudaState.Gpu gpu) {
    String capability = gpu.capability().map(c -> c / 10 + "." + c % 10).orElse("unknown");
    String memory =
        gpu.totalBytes() == 0
            ? ""
            : ", " + HostChecks.gigabytes(gpu.freeBytes()) + " of "
                + HostChecks.gigabytes(gpu.totalBytes()) + " free";
    return "compute capability " + capability + memory;
  }

  private static Check convolution(EngineFacts engine, double tolerance) {
    String found =
        String.format(
            Locale.ROOT,
            "differs from the sum in Java by %.1e of the largest value (allowed %.0e)",
            engine.difference(), tolerance);
    return engine.difference() <= tolerance
        ? Check.good("convolution", found)
        : Check.wrong(
            "convolution",
            found,
            "results of this device cannot be trusted: run with device cpu; update its driver, or unpack the"
                + " natives again (remove ENGINE_CACHE_DIR, default ~/.djl.ai)");
  }

  private static Check speed(EngineFacts engine) {
    StringBuilder found =
        new StringBuilder(String.format(Locale.ROOT, "%.0f GFLOP/s in float32", engine.gigaflops()));
    engine
        .gigaflopsBfloat16()
        .ifPresent(speed -> found.append(String.format(Locale.ROOT, ", %.0f in bfloat16", speed)));
    return engine.gigaflops() < SLOW
        ? Check.note(
            "speed", found.toString(), "slow: is the machine busy, or the container's share of cores small?")
        : Check.good("speed", found.toString());
  }
}

package nmsw.segmentation;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.MemoryUsage;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * What of CUDA this process can see. The engine finds GPUs through {@code libcudart.so}, so a host with
 * nothing but the driver has none for it; and it takes its CUDA natives only if their version is not newer
 * than that library.
 *
 * <p>docs/OPERATIONS.md says on which GPU and with which libraries it was run.
 *
 * @param runtime version of the CUDA runtime library, e.g. 12040 for 12.4; empty if it was not found
 * @param natives flavours of the engine's natives on the class path, e.g. {@code cpu} and {@code cu121}
 * @param usable true if the engine was loaded with CUDA natives and they work
 * @param gpus what the runtime lists
 * @param libraries folder of the engine's natives in use
 */
public record CudaState(
    Optional<Integer> runtime, List<String> natives, boolean usable, List<Gpu> gpus, Path libraries) {
  private static final String NATIVES = "native/lib/pytorch.properties";

  /**
   * @param capability compute capability, e.g. 80 for 8.0
   * @param totalBytes memory
   * @param freeBytes memory that nobody held when this was asked
   */
  public record Gpu(int index, Optional<Integer> capability, long totalBytes, long freeBytes) {
    /** Tensor cores take bfloat16 from compute capability 8.0 on. */
    boolean bfloat16() {
      return capability.filter(value -> value >= 80).isPresent();
    }
  }

  public CudaState {
    natives = List.copyOf(natives);
    gpus = List.copyOf(gpus);
  }

  /** Asks the engine, which is loaded if it was not. */
  public static CudaState read() {
    Engine engine = Compute.engine();
    boolean usable = engine.hasCapability(StandardCapabilities.CUDA);
    List<Gpu> gpus = new ArrayList<>();
    for (int i = 0; i < CudaUtils.getGpuCount(); i++) {
      gpus.add(gpu(i, usable));
    }
    return new CudaState(
        runtimeVersion(), nativeFlavours(), usable, gpus, Path.of(LibUtils.getLibtorchPath()));
  }

  /** A GPU that the engine can use. */
  static Gpu gpu(Device device) {
    return gpu(device.getDeviceId(), true);
  }

  /** Why no GPU can be used, and what to do about it; empty if one can. */
  public Optional<String> obstacle() {
    if (usable && !gpus.isEmpty()) {
      return Optional.empty();
    }
    if (natives.stream().noneMatch(flavour -> flavour.startsWith("cu"))) {
      return Optional.of("this build has no CUDA natives; build it with NMSW_CUDA=1 ./nmsw build");
    }
    if (runtime.isEmpty()) {
      return Optional.of(
          "libcudart.so was not found; install the CUDA runtime 12.1 or newer, or name its folder in"
              + " LD_LIBRARY_PATH");
    }
    if (gpus.isEmpty()) {
      return Optional.of(
          "the CUDA runtime lists no GPU; see that nvidia-smi does (driver 525.60 or newer), and that a"
              + " container was started with its GPUs");
    }
    int found = runtime.get() / 1000 * 10 + runtime.get() / 10 % 10;
    for (String flavour : natives) {
      if (flavour.matches("cu\\d{3}") && Integer.parseInt(flavour.substring(2)) > found) {
        return Optional.of(
            "the engine's CUDA natives (" + flavour + ") are newer than the CUDA runtime "
                + version(runtime.get()) + "; install the runtime 12.1 or newer");
      }
    }
    return Optional.of("the engine's CUDA natives do not start; see that the driver is 525.60 or newer");
  }

  /** The runtime's version for people, e.g. {@code 12.4}. */
  public static String version(int runtime) {
    return runtime / 1000 + "." + runtime / 10 % 10;
  }

  private static Gpu gpu(int index, boolean usable) {
    Optional<Integer> capability;
    try {
      capability = Optional.of(Integer.parseInt(CudaUtils.getComputeCapability(index)));
    } catch (EngineException | NumberFormatException e) {
      capability = Optional.empty();
    }
    // Asking for memory makes a CUDA context, which costs some of it: not for a GPU that will not be used.
    if (!usable) {
      return new Gpu(index, capability, 0, 0);
    }
    MemoryUsage memory = CudaUtils.getGpuMemory(Device.gpu(index));
    return new Gpu(index, capability, memory.getMax(), memory.getMax() - memory.getUsed());
  }

  private static Optional<Integer> runtimeVersion() {
    try {
      return Optional.of(CudaUtils.getCudaVersion());
    } catch (IllegalStateException e) {
      // The engine's way to say that it found no libcudart.
      return Optional.empty();
    } catch (EngineException e) {
      return Optional.of(0);
    }
  }

  private static List<String> nativeFlavours() {
    List<String> flavours = new ArrayList<>();
    try {
      for (URL url : Collections.list(CudaState.class.getClassLoader().getResources(NATIVES))) {
        Properties properties = new Properties();
        try (InputStream in = url.openStream()) {
          properties.load(in);
        }
        String flavour = properties.getProperty("flavor");
        flavours.add(flavour != null ? flavour : properties.getProperty("classifier", "?").split("-")[0]);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return flavours;
  }
}

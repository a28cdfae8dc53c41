package nmsw.segmentation;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;
import java.io.IOException;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * The memory that there is, in bytes.
 *
 * @param host what the host can still give without swapping; empty where it does not say
 * @param heapUsed of the Java heap, garbage included
 * @param heapCommitted of the Java heap, held already
 * @param heapMax of the Java heap
 * @param gpu what the GPU can still give; empty on the CPU
 */
record MemoryBudget(
    OptionalLong host, long heapUsed, long heapCommitted, long heapMax, OptionalLong gpu) {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path CGROUP = Path.of("/sys/fs/cgroup");

  /** Now. What the engine keeps of a GPU's memory for its next call counts as free. */
  static MemoryBudget now(Device device) {
    Runtime runtime = Runtime.getRuntime();
    OptionalLong gpu = OptionalLong.empty();
    if (device.isGpu()) {
      JniUtils.emptyCudaCache();
      MemoryUsage memory = CudaUtils.getGpuMemory(device);
      gpu = OptionalLong.of(memory.getMax() - memory.getUsed());
    }
    return new MemoryBudget(
        hostAvailable(MEMINFO, CGROUP),
        runtime.totalMemory() - runtime.freeMemory(),
        runtime.totalMemory(),
        runtime.maxMemory(),
        gpu);
  }

  /**
   * @throws NotEnoughMemory if the plan does not fit; says by how much and what would help
   */
  void require(MemoryPlan plan) {
    if (plan.heapBytes() > heapMax) {
      throw refusal(plan, plan.heapBytes(), "of Java heap", heapMax, "allowed: raise -Xmx in NMSW_JAVA_OPTS");
    }
    if (gpu.isPresent() && plan.gpuBytes() > gpu.getAsLong()) {
      throw refusal(plan, plan.gpuBytes(), "of GPU memory", gpu.getAsLong(), "available");
    }
    long inHeap = plan.heapBytes() - plan.presentBytes();
    long growth = Math.max(0, Math.min(heapMax - heapCommitted, heapUsed + inHeap - heapCommitted));
    long needed = plan.hostBytes() + growth;
    if (host.isPresent() && needed > host.getAsLong()) {
      throw refusal(plan, needed, "of memory", host.getAsLong(), "available");
    }
  }

  private static NotEnoughMemory refusal(MemoryPlan plan, long need, String of, long have, String is) {
    return new NotEnoughMemory(
        String.format(
            Locale.ROOT,
            "%s needs about %.1f GB %s, %.1f GB %s",
            plan.subject(), need / 1e9, of, have / 1e9, is));
  }

  /** MemAvailable of /proc/meminfo, or what the container may still take if that is less. */
  static OptionalLong hostAvailable(Path meminfo, Path cgroup) {
    long available = field(meminfo, "MemAvailable:") * 1024;
    long limit = field(cgroup.resolve("memory.max"), "");
    if (limit >= 0) {
      // Cached files count as used there, but go when memory is wanted.
      long cached = Math.max(0, field(cgroup.resolve("memory.stat"), "inactive_file"));
      long left = Math.max(0, limit - field(cgroup.resolve("memory.current"), "") + cached);
      available = available < 0 ? left : Math.min(available, left);
    }
    return available < 0 ? OptionalLong.empty() : OptionalLong.of(available);
  }

  /** The number after a name at a line's start; negative if there is none, or it is no number. */
  private static long field(Path file, String name) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith(name)) {
          String value = line.substring(name.length()).strip().split(" ")[0];
          return value.matches("\\d{1,18}") ? Long.parseLong(value) : -1;
        }
      }
    } catch (IOException e) {
      // Not Linux, or no container: there is no such figure.
    }
    return -1;
  }
}

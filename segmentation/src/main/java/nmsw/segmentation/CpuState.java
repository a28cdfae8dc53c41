package nmsw.segmentation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the CPU can compute.
 *
 * @param flags instruction sets by Linux's names, in its order; empty where the system does not say
 */
public record CpuState(Set<String> flags) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  /** x86 with AVX-512 or AMX, and Arm. */
  private static final Set<String> BFLOAT16 = Set.of("avx512_bf16", "amx_bf16", "bf16");

  public CpuState {
    flags = Collections.unmodifiableSet(new LinkedHashSet<>(flags));
  }

  /** The CPU that this process runs on. */
  public static CpuState read() {
    try {
      return of(Files.readAllLines(CPUINFO));
    } catch (IOException e) {
      // Not Linux.
      return new CpuState(Set.of());
    }
  }

  /**
   * @param cpuinfo lines of {@code /proc/cpuinfo}; the first core's stand for all
   */
  static CpuState of(List<String> cpuinfo) {
    return cpuinfo.stream()
        .filter(line -> line.matches("(flags|Features)\\s*:.*"))
        .findFirst()
        .map(line -> line.substring(line.indexOf(':') + 1).strip().split(" "))
        .map(flags -> new CpuState(new LinkedHashSet<>(Arrays.asList(flags))))
        .orElse(new CpuState(Set.of()));
  }

  /** Whether it has instructions for bfloat16; others widen to float32 and round after each operation. */
  boolean bfloat16() {
    return flags.stream().anyMatch(BFLOAT16::contains);
  }
}

package nmsw.scp.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.segmentation.CpuState;

/**
 * The machine and the process, as the system tells.
 *
 * @param java version and vendor
 * @param system name and version
 * @param architecture as Java names it, e.g. {@code amd64}
 * @param cpu model name
 * @param cpuFlags as in /proc/cpuinfo
 * @param cores that the process may use
 * @param memory bytes of the machine; 0 where the system does not say
 * @param memoryAvailable bytes that are not in use
 * @param heap most bytes of the Java heap
 * @param hugePages the kernel's setting of transparent huge pages; empty where there is none
 * @param environment variables of the process
 */
record HostFacts(
    String java,
    String system,
    String architecture,
    String cpu,
    Set<String> cpuFlags,
    int cores,
    long memory,
    long memoryAvailable,
    long heap,
    Optional<String> hugePages,
    Map<String, String> environment) {

  static HostFacts read() {
    Path cpuinfo = Path.of("/proc/cpuinfo");
    Path meminfo = Path.of("/proc/meminfo");
    return new HostFacts(
        System.getProperty("java.version") + " (" + System.getProperty("java.vendor") + ")",
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("os.arch"),
        field(cpuinfo, "model name").orElse("unknown"),
        CpuState.read().flags(),
        Runtime.getRuntime().availableProcessors(),
        kilobytes(meminfo, "MemTotal"),
        kilobytes(meminfo, "MemAvailable"),
        Runtime.getRuntime().maxMemory(),
        firstLine(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")),
        System.getenv());
  }

  private static long kilobytes(Path file, String name) {
    return field(file, name)
        .map(value -> value.replaceAll("\\D", ""))
        .filter(digits -> digits.matches("\\d{1,15}"))
        .map(digits -> Long.parseLong(digits) * 1024)
        .orElse(0L);
  }

  private static Optional<String> field(Path file, String name) {
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name) && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      // Not Linux: the system does not say.
      return Optional.empty();
    }
  }

  private static Optional<String> firstLine(Path file) {
    try (var lines = Files.lines(file)) {
      return lines.findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}

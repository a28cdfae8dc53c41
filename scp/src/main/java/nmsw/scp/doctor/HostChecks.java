package nmsw.scp.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Whether a machine and a process are fit for the node. */
final class HostChecks {
  /** Sets of instructions by which the engine chooses its kernels, the slowest first. */
  private static final List<String> INSTRUCTIONS =
      List.of("avx2", "avx512f", "avx512_bf16", "amx_bf16");

  private static final double LITTLE_MEMORY = 4e9;
  private static final double LITTLE_HEAP = 1.5e9;

  private HostChecks() {}

  static List<Check> of(HostFacts host) {
    List<Check> checks = new ArrayList<>();
    checks.add(Check.good("Java", host.java()));
    checks.add(system(host));
    checks.add(cpu(host));
    checks.add(memory(host));
    checks.add(heap(host));
    checks.add(hugePages(host));
    checks.add(waiting(host));
    return checks;
  }

  private static Check system(HostFacts host) {
    String found = host.system() + ", " + host.architecture();
    boolean fits = host.system().startsWith("Linux") && host.architecture().equals("amd64");
    return fits
        ? Check.good("system", found)
        : Check.wrong("system", found, "the engine's native libraries are for Linux on x86-64");
  }

  private static Check cpu(HostFacts host) {
    String has =
        INSTRUCTIONS.stream().filter(host.cpuFlags()::contains).collect(Collectors.joining(" "));
    String found =
        host.cpu() + ", " + host.cores() + " cores, " + (has.isEmpty() ? "no AVX2" : has);
    if (has.isEmpty()) {
      return Check.note("CPU", found, "networks will be slow without AVX2; take a newer CPU, or a GPU");
    }
    return Check.good("CPU", found);
  }

  private static Check memory(HostFacts host) {
    String found = gigabytes(host.memory()) + ", " + gigabytes(host.memoryAvailable()) + " available";
    if (host.memory() > 0 && host.memoryAvailable() < LITTLE_MEMORY) {
      return Check.note(
          "memory", found, "large volumes will be refused with OUT_OF_MEMORY; end what else runs here");
    }
    return Check.good("memory", found);
  }

  private static Check heap(HostFacts host) {
    String found = gigabytes(host.heap()) + " at most";
    return host.heap() < LITTLE_HEAP
        ? Check.note("Java heap", found, "raise it, e.g. NMSW_JAVA_OPTS=-Xmx4g")
        : Check.good("Java heap", found);
  }

  private static Check hugePages(HostFacts host) {
    String tunables = host.environment().getOrDefault("GLIBC_TUNABLES", "");
    String kernel = host.hugePages().orElse("none");
    String found = "GLIBC_TUNABLES=" + tunables + ", kernel " + kernel;
    if (!tunables.contains("glibc.malloc.hugetlb=1")) {
      return Check.note(
          "huge pages",
          found,
          "networks run a third faster with GLIBC_TUNABLES=glibc.malloc.hugetlb=1, as ./nmsw sets it");
    }
    if (host.hugePages().isEmpty() || kernel.contains("[never]")) {
      return Check.note(
          "huge pages",
          found,
          "networks run a third faster with them: echo madvise >/sys/kernel/mm/transparent_hugepage/enabled");
    }
    return Check.good("huge pages", found);
  }

  private static Check waiting(HostFacts host) {
    String policy = host.environment().getOrDefault("OMP_WAIT_POLICY", "not set");
    return policy.equalsIgnoreCase("passive")
        ? Check.good("waiting threads", "OMP_WAIT_POLICY=" + policy)
        : Check.note(
            "waiting threads",
            "OMP_WAIT_POLICY is " + policy,
            "set it to passive, as ./nmsw does: threads that spin starve the others when cores are few");
  }

  static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}

package nmsw.scp.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostChecksTest {
  private static final Map<String, String> LAUNCHER =
      Map.of("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1", "OMP_WAIT_POLICY", "passive");
  private static final Optional<String> MADVISE = Optional.of("always [madvise] never");

  private static HostFacts host(
      String architecture,
      Set<String> flags,
      long available,
      long heap,
      Optional<String> pages,
      Map<String, String> environment) {
    return new HostFacts(
        "17.0.1 (x)", "Linux 6.1", architecture, "A CPU", flags, 8, 64L << 30, available, heap, pages,
        environment);
  }

  private static Check check(HostFacts host, String name) {
    return HostChecks.of(host).stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void aFitMachineIsGood() {
    HostFacts fit =
        host("amd64", Set.of("sse", "avx2", "avx512f"), 32L << 30, 8L << 30, MADVISE, LAUNCHER);
    List<Check> checks = HostChecks.of(fit);
    for (Check check : checks) {
      assertEquals(Check.State.GOOD, check.state(), check.toString());
    }
    assertEquals("A CPU, 8 cores, avx2 avx512f", check(fit, "CPU").found());
    assertEquals("68.7 GB, 34.4 GB available", check(fit, "memory").found());
  }

  @Test
  void everythingThatCostsSpeedIsNotedWithAdvice() {
    HostFacts poor =
        host("amd64", Set.of("sse"), 1L << 30, 1L << 30, Optional.of("always madvise [never]"), Map.of());
    for (String name : List.of("CPU", "memory", "Java heap", "huge pages", "waiting threads")) {
      Check check = check(poor, name);
      assertEquals(Check.State.NOTE, check.state(), name);
      assertFalse(check.advice().isEmpty(), name);
    }
    assertTrue(check(poor, "huge pages").advice().contains("hugetlb=1"));
  }

  @Test
  void aKernelWithoutHugePagesIsNotedEvenWithTheTunable() {
    HostFacts host = host("amd64", Set.of("avx2"), 8L << 30, 4L << 30, Optional.empty(), LAUNCHER);
    assertEquals(Check.State.NOTE, check(host, "huge pages").state());
  }

  @Test
  void anotherArchitectureIsWrong() {
    HostFacts host = host("aarch64", Set.of(), 8L << 30, 4L << 30, MADVISE, LAUNCHER);
    assertEquals(Check.State.WRONG, check(host, "system").state());
  }

  @Test
  void thisMachineIsRead() {
    HostFacts here = HostFacts.read();
    assertTrue(here.cores() > 0 && here.memory() > 0, here.toString());
    assertTrue(here.memoryAvailable() <= here.memory(), here.toString());
    assertTrue(here.cpuFlags().size() > 1, here.cpuFlags().toString());
    assertTrue(here.java().startsWith(System.getProperty("java.version")), here.java());
  }
}

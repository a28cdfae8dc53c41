package nmsw.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What Linux knows of this process and machine. */
final class LinuxProcess {
  private LinuxProcess() {}

  /** Forgets the peak of resident memory so far; Java garbage is collected first. */
  static void resetPeak() {
    System.gc();
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Peak of the resident memory of the whole process, megabytes of 10^6 bytes. */
  static long peakMegabytes() {
    return 1024 * Long.parseLong(field("/proc/self/status", "VmHWM").replaceAll("\\D", "")) / 1_000_000;
  }

  /** Resident memory of a process. */
  static long residentBytes(long pid) {
    return 1024 * Long.parseLong(field("/proc/" + pid + "/status", "VmRSS").replaceAll("\\D", ""));
  }

  static int threads(long pid) {
    return Integer.parseInt(field("/proc/" + pid + "/status", "Threads"));
  }

  /** File descriptors that a process has open. */
  static int openFiles(long pid) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return (int) files.count();
    }
  }

  static String processor() {
    return field("/proc/cpuinfo", "model name");
  }

  static String loadAverage() {
    return field("/proc/loadavg", "").split(" ")[0];
  }

  private static String field(String file, String name) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(name.length()).replaceFirst("^\\s*:\\s*", "").strip())
          .findFirst()
          .orElse("?");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

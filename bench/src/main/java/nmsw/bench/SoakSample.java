package nmsw.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a node took at one moment.
 *
 * @param seconds since the traffic began
 */
record SoakSample(double seconds, Map<SoakSample.Figure, Double> figures) {
  static final String HEADER =
      "seconds," + Arrays.stream(Figure.values()).map(Figure::name).collect(Collectors.joining(",")).toLowerCase(Locale.ROOT);

  private static final double MB = 1e6;

  /** Readings in a window of which the least counts, where garbage lies on top; fewer where there are not five windows. */
  private static final int WINDOW = 12;

  /** What is read, and by how much it may grow from a third of the time to the end and still be called flat. */
  enum Figure {
    /** Resident memory, MB. */
    RSS(true, 0.05, 16),
    /** Live objects and garbage on the heap, MB. */
    HEAP(true, 0.1, 8),
    /** Of the virtual machine beside the heap: classes, compiled code, MB. */
    NONHEAP(false, 0.05, 4),
    /** Resident memory beyond what the virtual machine has committed for the heap and beside it: the engine, threads, malloc, MB. */
    NATIVE(true, 0.1, 16),
    THREADS(false, 0, 3),
    FILES(false, 0, 5),
    /** The spool, MB. */
    SPOOL(false, 0.2, 2),
    /** The embedded database, MB. */
    DATABASE(true, 0.2, 1);

    private final boolean saw;
    private final double share;
    private final double absolute;

    Figure(boolean saw, double share, double absolute) {
      this.saw = saw;
      this.share = share;
      this.absolute = absolute;
    }

    /** Prints a line; whether it was flat. */
    boolean report(PrintWriter out, List<SoakSample> samples) {
      double[] hours = samples.stream().mapToDouble(s -> s.seconds() / 3600).toArray();
      double[] values = samples.stream().mapToDouble(s -> s.figures().get(this)).toArray();
      double third = hours.length == 0 ? 0 : hours[hours.length - 1] / 3;
      Trend all = new Trend(hours, values);
      Trend trend = all.from(third);
      if (saw) {
        trend = trend.floor(Math.max(1, Math.min(WINDOW, trend.values().length / 5)));
      }
      double begin = trend.mean() - trend.growth() / 2;
      boolean flat = trend.growth() <= Math.max(share * begin, absolute);
      out.printf(
          Locale.ROOT,
          "%-22s %12.1f %12.1f %12.1f %14s %12s%n",
          name().toLowerCase(Locale.ROOT) + (saw ? " (floor)" : ""),
          begin,
          begin + trend.growth(),
          all.max(),
          String.format(Locale.ROOT, "%+.1f, %+.1f/h", trend.growth(), trend.slope()),
          flat ? "flat" : "GROWS");
      return flat;
    }
  }

  /**
   * @param metrics of the node
   * @param data its data directory
   */
  static SoakSample of(long pid, double seconds, String metrics, Path data) throws IOException {
    Map<Figure, Double> figures = new EnumMap<>(Figure.class);
    double rss = LinuxProcess.residentBytes(pid);
    double committed = sum(metrics, "jvm_memory_committed_bytes{");
    figures.put(Figure.RSS, rss / MB);
    figures.put(Figure.HEAP, sum(metrics, "jvm_memory_used_bytes{area=\"heap\"") / MB);
    figures.put(Figure.NONHEAP, sum(metrics, "jvm_memory_used_bytes{area=\"nonheap\"") / MB);
    figures.put(Figure.NATIVE, (rss - committed) / MB);
    figures.put(Figure.THREADS, (double) LinuxProcess.threads(pid));
    figures.put(Figure.FILES, (double) LinuxProcess.openFiles(pid));
    figures.put(Figure.SPOOL, bytes(data.resolve("spool")) / MB);
    figures.put(Figure.DATABASE, Files.size(data.resolve("nmsw.mv.db")) / MB);
    return new SoakSample(seconds, figures);
  }

  private static double sum(String metrics, String prefix) {
    return metrics.lines()
        .filter(line -> line.startsWith(prefix))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Files may go while they are counted. */
  private static double bytes(Path folder) throws IOException {
    double bytes = 0;
    try (Stream<Path> children = Files.list(folder)) {
      for (Path child : children.toList()) {
        bytes += Files.isDirectory(child) ? bytes(child) : Files.size(child);
      }
    } catch (NoSuchFileException gone) {
      return bytes;
    }
    return bytes;
  }

  /** A line of the CSV. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.0f,", seconds)
        + figures.values().stream().map(v -> String.format(Locale.ROOT, "%.1f", v)).collect(Collectors.joining(","));
  }
}

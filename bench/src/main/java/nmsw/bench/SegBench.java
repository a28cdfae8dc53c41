package nmsw.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.seg.AlgorithmIdentification;
import nmsw.seg.ClassProbabilities;
import nmsw.seg.Equipment;
import nmsw.seg.ResultUids;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.seg.SegmentationWriter;
import nmsw.volume.CtSeriesWriter;
import nmsw.volume.Grid;
import nmsw.volume.LabelProbabilities;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.Resampler;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a Segmentation costs in each kind and compression. */
@Command(
    name = "seg",
    mixinStandardHelpOptions = true,
    description = {
      "Writes labels of ellipsoids on a stack of slices, each class of the table one, as a Segmentation file in every"
          + " kind and compression, and prints what the first run took, the fastest of the further ones, and the size."
          + " The labels come from a grid of twice the slices' spacing. CPU time is that of the whole process; the heap's"
          + " peak holds labels and garbage too: bound it by NMSW_JAVA_OPTS=-Xmx300m. MB are of 10^6 bytes."
    })
final class SegBench implements Callable<Integer> {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  @Parameters(paramLabel = "LABELS", description = "label table, such as config/labels/totalsegmentator-v1.csv")
  private Path table;

  @Option(
      names = "--size",
      defaultValue = "512,512,350",
      split = ",",
      description = "columns, rows and slices (default: ${DEFAULT-VALUE})")
  private List<Integer> size;

  @Option(names = "--runs", defaultValue = "3", description = "after the first (default: ${DEFAULT-VALUE})")
  private int runs;

  @Spec private CommandSpec spec;

  /**
   * Of one run.
   *
   * @param heap megabytes, of pools at their fullest
   */
  private record Cost(double seconds, double cpuSeconds, long heap, int frames) {}

  @Override
  public Integer call() throws IOException {
    if (size.size() != 3 || size.stream().anyMatch(extent -> extent < 8)) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--size takes three numbers from 8 on");
    }
    if (runs < 1) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--runs takes 1 and more");
    }
    LabelTable classes = LabelTable.read(table);
    LabelProbabilities volume = LabelProbabilities.certain(volume(classes));
    SliceStack stack =
        CtSeriesWriter.stack(
            new Grid(
                size.get(0), size.get(1), size.get(2), Vec3.ZERO,
                new Vec3(0.8, 0, 0), new Vec3(0, 0.8, 0), new Vec3(0, 0, 1)));
    SliceLabels labels = Resampler.toSlices(volume, stack);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%d classes on %d x %d x %d; %s, %d cores, load average %s, heap of at most %d MB%n",
        classes.classes().size(), size.get(0), size.get(1), size.get(2), LinuxProcess.processor(),
        Runtime.getRuntime().availableProcessors(), LinuxProcess.loadAverage(),
        Runtime.getRuntime().maxMemory() / 1_000_000);
    out.println("| format | frames | MB | first run, s | its CPU, s | best, s | its CPU, s | heap at most, MB |");
    out.println("|---|---|---|---|---|---|---|---|");
    Path file = Files.createTempFile("nmsw-bench", ".dcm");
    try {
      for (Kind kind : Kind.values()) {
        for (Compression compression : Compression.values()) {
          line(out, new SegmentationFormat(kind, compression), labels, volume, classes, file);
        }
      }
    } finally {
      Files.delete(file);
    }
    return CommandLine.ExitCode.OK;
  }

  /** The values of the ellipsoids become those of the table's classes. */
  private LabelVolume volume(LabelTable classes) {
    int number = classes.classes().size();
    byte[] labels =
        LabelledEllipsoids.of(size.get(0) / 2, size.get(1) / 2, size.get(2) / 2, number, 0).truth().labels();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = labels[i] == 0 ? 0 : (byte) classes.classes().get((labels[i] & 0xFF) - 1).index();
    }
    Grid grid =
        new Grid(
            size.get(0) / 2, size.get(1) / 2, size.get(2) / 2, new Vec3(0.4, 0.4, 0.5),
            new Vec3(1.6, 0, 0), new Vec3(0, 1.6, 0), new Vec3(0, 0, 2));
    return new LabelVolume(grid, labels);
  }

  private void line(
      PrintWriter out, SegmentationFormat format, SliceLabels labels, LabelProbabilities volume, LabelTable classes, Path file)
      throws IOException {
    Cost first = write(format, labels, volume, classes, file);
    Cost best = write(format, labels, volume, classes, file);
    long heap = Math.max(first.heap, best.heap);
    for (int run = 1; run < runs; run++) {
      Cost cost = write(format, labels, volume, classes, file);
      heap = Math.max(heap, cost.heap);
      best = cost.cpuSeconds < best.cpuSeconds ? cost : best;
    }
    out.printf(
        Locale.ROOT, "| %s | %d | %.1f | %.2f | %.2f | %.2f | %.2f | %d |%n",
        format, best.frames, Files.size(file) / 1e6, first.seconds, first.cpuSeconds, best.seconds, best.cpuSeconds, heap);
    out.flush();
  }

  private Cost write(
      SegmentationFormat format, SliceLabels labels, LabelProbabilities volume, LabelTable classes, Path file)
      throws IOException {
    System.gc();
    List<MemoryPoolMXBean> pools =
        ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == MemoryType.HEAP).toList();
    pools.forEach(MemoryPoolMXBean::resetPeakUsage);
    long cpu = SYSTEM.getProcessCpuTime();
    long start = System.nanoTime();
    var written =
        SegmentationWriter.write(
            labels,
            new ClassProbabilities(volume, labels.stack()),
            classes,
            header(),
            new AlgorithmIdentification("bench", "1", ""),
            new Equipment("NMSW", "NMSW Node", "bench", "1"),
            ResultUids.derive("1.2.3", List.of("1.2.3.4"), "bench", "1"),
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
            format);
    try (OutputStream stream = Files.newOutputStream(file)) {
      written.writeFile(stream);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (SYSTEM.getProcessCpuTime() - cpu) / 1e9;
    int frames = written.attributes().orElseThrow().requireInt(Tag.NumberOfFrames);
    long heap = pools.stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
    return new Cost(seconds, cpuSeconds, heap / 1_000_000, frames);
  }

  private static Dataset header() {
    return new Dataset()
        .putString(Tag.StudyInstanceUID, Uid.derived("bench", "study"))
        .putString(Tag.SeriesInstanceUID, Uid.derived("bench", "series"))
        .putString(Tag.FrameOfReferenceUID, Uid.derived("bench", "frame of reference"));
  }
}

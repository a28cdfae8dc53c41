package nmsw.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** How fast compressed slices are decoded, beside DCMTK and GDCM on the same files in the same run. */
@Command(
    name = "codecs",
    mixinStandardHelpOptions = true,
    description = {
      "Puts CT slices into one multi-frame image, lets DCMTK and GDCM compress it in every way, and decodes it: here,"
          + " on one thread, and with their programs. What a program takes to copy the image that it decompressed,"
          + " start and files, is taken off its time. CPU seconds, which others on a machine prolong less; best of several"
          + " runs; MB are of 16-bit samples."
    })
final class CodecsBench implements Callable<Integer> {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** Runs the program that follows, silently, and tells its CPU time in user and in system mode. */
  private static final List<String> TIMED =
      List.of("env", "LC_ALL=C", "bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\" 2> /dev/null", "timed");

  private static final List<String> GDCM = List.of("gdcmconv", "--raw");
  private static final List<Codec> CODECS =
      List.of(
          new Codec("RLE", List.of("dcmcrle"), List.of("dcmdrle")),
          new Codec("JPEG Lossless .70", List.of("dcmcjpeg", "+e1"), List.of("dcmdjpeg")),
          new Codec("JPEG Lossless .57, predictor 6", List.of("dcmcjpeg", "+el", "+sv", "6"), List.of("dcmdjpeg")),
          new Codec("JPEG-LS .80", List.of("dcmcjpls"), List.of("dcmdjpls")),
          new Codec("JPEG-LS .81, NEAR 2", List.of("gdcmconv", "--jpegls", "--lossy", "-e", "2"), List.of("dcmdjpls")),
          new Codec("JPEG 2000 .90", List.of("gdcmconv", "--j2k"), null),
          new Codec(
              "JPEG 2000 .91, 9-7, 10:1", List.of("gdcmconv", "--j2k", "--lossy", "--irreversible", "-r", "10"), null),
          new Codec("JPEG Extended .51, 12 bit", List.of("dcmcjpeg", "+ee", "+bt"), List.of("dcmdjpeg")),
          new Codec("JPEG Baseline .50, 8 bit", List.of("dcmcjpeg", "+eb"), List.of("dcmdjpeg")));

  /**
   * @param encoder program that compresses
   * @param dcmtk DCMTK's that decompresses, or null if there is none
   */
  private record Codec(String name, List<String> encoder, List<String> dcmtk) {}

  @Parameters(paramLabel = "DIR", description = "uncompressed slices of one size, 16 bits allocated")
  private Path slices;

  @Option(names = "--only", defaultValue = "", description = "codecs whose name contains this (default: all)")
  private String only;

  @Option(names = "--frames", defaultValue = "60", description = "at most (default: ${DEFAULT-VALUE})")
  private int frames;

  @Option(names = "--runs", defaultValue = "3", description = "of each decoder (default: ${DEFAULT-VALUE})")
  private int runs;

  @Option(names = "--warm", defaultValue = "3", description = "CPU seconds before (default: ${DEFAULT-VALUE})")
  private int warm;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Path folder = Files.createTempDirectory("nmsw-bench");
    try {
      Path original = folder.resolve("native.dcm");
      int count = writeMultiFrame(original);
      long bytes = Files.size(original);
      out.printf(Locale.ROOT, "%d slices, %s, load average %s%n", count, LinuxProcess.processor(),
          LinuxProcess.loadAverage());
      out.println("| codec | size | ours, MB/s | DCMTK | GDCM | ours / the faster |");
      out.println("|---|---|---|---|---|---|");
      for (Codec codec : CODECS.stream().filter(codec -> codec.name.contains(only)).toList()) {
        Path compressed = folder.resolve("compressed.dcm");
        run(codec.encoder, original, compressed);
        double megabytes = megabytes(compressed, count);
        double ours = megabytes / ours(compressed);
        double dcmtk =
            codec.dcmtk == null ? Double.NaN : megabytes / theirs(codec.dcmtk, List.of("dcmconv"), compressed);
        double gdcm = megabytes / theirs(GDCM, GDCM, compressed);
        double faster = Double.isNaN(dcmtk) ? gdcm : Math.max(dcmtk, gdcm);
        out.printf(
            Locale.ROOT, "| %s | %.0f %% | %.0f | %s | %.0f | %.2f |%n", codec.name,
            100.0 * Files.size(compressed) / bytes, ours, codec.dcmtk == null ? "-" : "%.0f".formatted(dcmtk), gdcm,
            ours / faster);
        out.flush();
      }
    } finally {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(folder);
    }
    return CommandLine.ExitCode.OK;
  }

  private int writeMultiFrame(Path into) throws IOException {
    Dataset image = null;
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    int count = 0;
    List<Path> files;
    try (Stream<Path> list = Files.list(slices)) {
      files = list.sorted(Comparator.naturalOrder()).limit(frames).toList();
    }
    for (Path file : files) {
      DicomFile slice = DicomReader.read(file);
      Dataset dataset = slice.dataset();
      byte[] bytes = dataset.bytes(Tag.PixelData);
      int expected = 2 * dataset.requireInt(Tag.Rows) * dataset.requireInt(Tag.Columns);
      if (slice.transferSyntax().encapsulated() || bytes.length < expected
          || image != null && image.requireInt(Tag.Columns) * image.requireInt(Tag.Rows) * 2 != expected) {
        throw new DicomException(file + ": not an uncompressed slice of 16 bits and the size of the others");
      }
      image = image == null ? dataset : image;
      pixels.write(bytes, 0, expected);
      count++;
    }
    if (image == null) {
      throw new DicomException(slices + ": no slices");
    }
    image
        .putString(Tag.SOPClassUID, Uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage)
        .putInt(Tag.NumberOfFrames, count)
        .putBytes(Tag.PixelData, image.get(Tag.PixelData).vr(), pixels.toByteArray());
    DicomWriter.writeFile(into, image, TransferSyntax.EXPLICIT_LE);
    return count;
  }

  private static double megabytes(Path file, int count) throws IOException {
    Dataset image = DicomReader.readUntil(file, Tag.PixelData).dataset();
    return 2e-6 * image.requireInt(Tag.Rows) * image.requireInt(Tag.Columns) * count;
  }

  /** CPU seconds of the fastest run over all frames; reading the file is not counted, as it is taken off the peers'. */
  private double ours(Path compressed) throws IOException {
    DicomFile file = DicomReader.read(compressed);
    int count = PixelDecoder.frames(file.dataset());
    long end = THREADS.getCurrentThreadCpuTime() + warm * 1_000_000_000L;
    for (int i = 0; THREADS.getCurrentThreadCpuTime() < end; i++) {
      PixelDecoder.decode(file.dataset(), file.transferSyntax(), i % count);
    }
    long best = Long.MAX_VALUE;
    for (int run = 0; run < runs; run++) {
      long start = THREADS.getCurrentThreadCpuTime();
      for (int i = 0; i < count; i++) {
        PixelDecoder.decode(file.dataset(), file.transferSyntax(), i);
      }
      best = Math.min(best, THREADS.getCurrentThreadCpuTime() - start);
    }
    return best / 1e9;
  }

  /** CPU seconds that a program takes longer to decompress the image than another of its makers to copy the result. */
  private double theirs(List<String> decoder, List<String> copier, Path compressed)
      throws IOException, InterruptedException {
    Path decoded = compressed.resolveSibling("decoded.dcm");
    return program(decoder, compressed, decoded) - program(copier, decoded, compressed.resolveSibling("copied.dcm"));
  }

  /** CPU seconds of the fastest run. */
  private double program(List<String> words, Path from, Path to) throws IOException, InterruptedException {
    double best = Double.POSITIVE_INFINITY;
    for (int run = 0; run < runs; run++) {
      best = Math.min(best, run(words, from, to));
    }
    return best;
  }

  /** Runs a program; returns its CPU seconds, to the millisecond. */
  private static double run(List<String> words, Path from, Path to) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(TIMED);
    command.addAll(words);
    command.addAll(List.of(from.toString(), to.toString()));
    Process program = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    String[] times;
    try (InputStream output = program.getErrorStream()) {
      times = new String(output.readAllBytes(), StandardCharsets.US_ASCII).trim().split(" ");
    }
    int exit = program.waitFor();
    if (exit != 0) {
      throw new IOException(String.join(" ", words) + " ends with " + exit);
    }
    return Double.parseDouble(times[0]) + Double.parseDouble(times[1]);
  }
}

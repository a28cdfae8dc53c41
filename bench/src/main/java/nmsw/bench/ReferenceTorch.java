package nmsw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.ScriptModule;

/**
 * The same network, the very same script, in the PyTorch that Debian ships ({@code python3-torch}). Some networks take it
 * minutes for what takes us a second: runs that were done when the time is up count, and there is always an end.
 */
final class ReferenceTorch {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String MISSING = "not installed (apt-get install python3-torch)";
  private static final String SECONDS = "seconds ";
  private static final Pattern ERROR = Pattern.compile("[\\w.]+(Error|Exception):");
  private static final String PROGRAM =
      """
      import sys, time, torch
      script, shapes, threads, patch = sys.argv[1], sys.argv[2], int(sys.argv[3]), [int(n) for n in sys.argv[4:7]]
      torch.set_num_threads(threads)
      net = torch.jit.load(script)
      weights = [torch.randn([int(n) for n in line.split()]) * 0.02 for line in open(shapes)]
      with torch.no_grad():
          weights = net.prepare(weights)
          x = torch.randn(1, 1, *patch)
          first = time.perf_counter()
          for run in range(4):
              start = time.perf_counter()
              if start - first > 60:
                  break
              net.forward(x, weights)
              print('seconds', time.perf_counter() - start, flush=True)
      """;

  private final List<String> python;
  private final Duration limit;

  ReferenceTorch() {
    this(List.of("/usr/bin/python3"), LIMIT);
  }

  /**
   * @param python command that takes a program's file and its arguments
   * @param limit after which it is stopped
   */
  ReferenceTorch(List<String> python, Duration limit) {
    this.python = python;
    this.limit = limit;
  }

  /**
   * What one patch takes there, for people: the seconds of the best of at most four runs, none of which begins after a
   * minute; or why there are none.
   */
  String time(Backbone backbone, Form form, Int3 patch, int threads)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("nmsw-bench");
    Path script = folder.resolve("net.pt");
    Path shapes = folder.resolve("shapes.txt");
    Path program = folder.resolve("time.py");
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    try {
      ScriptModule.write(script, backbone.script(form));
      Files.writeString(program, PROGRAM);
      Files.write(shapes, backbone.parameters().stream().map(p -> line(p.shape().getShape())).toList());
      List<String> command = new ArrayList<>(python);
      command.addAll(
          List.of(
              program.toString(), script.toString(), shapes.toString(), "" + threads, "" + patch.x(),
              "" + patch.y(), "" + patch.z()));
      Process process;
      try {
        // Files, not pipes: whoever reads a pipe waits for the program, however long it takes.
        process =
            new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      } catch (IOException noPython) {
        return MISSING;
      }
      boolean ended;
      try {
        ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        process.destroyForcibly().waitFor();
      }
      if (ended && process.exitValue() != 0) {
        return failure(process.exitValue(), Files.readAllLines(err));
      }
      return best(out, ended);
    } finally {
      for (Path file : List.of(script, shapes, program, out, err)) {
        Files.deleteIfExists(file);
      }
      Files.delete(folder);
    }
  }

  private String best(Path out, boolean ended) throws IOException {
    double[] runs;
    try (Stream<String> lines = Files.lines(out)) {
      runs =
          lines
              .filter(line -> line.startsWith(SECONDS))
              .mapToDouble(line -> Double.parseDouble(line.substring(SECONDS.length())))
              .toArray();
    }
    OptionalDouble best = Arrays.stream(runs).min();
    if (best.isEmpty()) {
      return ended ? "failed: it printed no time" : "over " + limit.toSeconds() + " s";
    }
    return String.format(Locale.ROOT, "%.2f s (best of %d)", best.getAsDouble(), runs.length);
  }

  /**
   * The error that ended a Python program. TorchScript's errors begin on the line below their name and end with the source
   * text; of anything else the last line says most.
   */
  private static String failure(int exitCode, List<String> err) {
    List<String> lines = err.stream().filter(line -> !line.isBlank()).map(String::stripTrailing).toList();
    String error = lines.isEmpty() ? "exit code " + exitCode : lines.get(lines.size() - 1);
    for (int i = 0; i < lines.size(); i++) {
      if (ERROR.matcher(lines.get(i)).lookingAt()) {
        boolean below = lines.get(i).endsWith(":") && i + 1 < lines.size();
        error = lines.get(i) + (below ? " " + lines.get(i + 1) : "");
      }
    }
    return error.startsWith("ModuleNotFoundError: No module named 'torch'")
        ? MISSING
        : "failed: " + error;
  }

  private static String line(long[] shape) {
    return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(" "));
  }
}

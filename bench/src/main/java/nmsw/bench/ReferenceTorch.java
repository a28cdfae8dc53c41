package nmsw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
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
  private static final String SECONDS = "seconds ";
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

  private final PythonProgram python;

  ReferenceTorch() {
    this(List.of("/usr/bin/python3"), LIMIT);
  }

  /** As {@link PythonProgram}. */
  ReferenceTorch(List<String> python, Duration limit) {
    this.python = new PythonProgram(python, limit);
  }

  /**
   * What one patch takes there, for people: the seconds of the best of at most four runs, none of which begins after a
   * minute; or why there are none.
   */
  String time(Backbone backbone, Form form, Int3 patch, int threads)
      throws IOException, InterruptedException {
    Path script = Files.createTempFile("nmsw-bench", ".pt");
    Path shapes = Files.createTempFile("nmsw-bench", ".txt");
    try {
      ScriptModule.write(script, backbone.script(form));
      Files.write(shapes, backbone.parameters().stream().map(p -> line(p.shape().getShape())).toList());
      List<String> arguments =
          List.of(
              script.toString(), shapes.toString(), "" + threads, "" + patch.x(), "" + patch.y(), "" + patch.z());
      PythonProgram.Result result = python.run(PROGRAM, arguments, "torch", "python3-torch");
      return result.failure().orElseGet(() -> best(result));
    } finally {
      Files.deleteIfExists(script);
      Files.deleteIfExists(shapes);
    }
  }

  private String best(PythonProgram.Result result) {
    double[] runs =
        result.out().stream()
            .filter(line -> line.startsWith(SECONDS))
            .mapToDouble(line -> Double.parseDouble(line.substring(SECONDS.length())))
            .toArray();
    OptionalDouble best = Arrays.stream(runs).min();
    if (best.isEmpty()) {
      return result.ended() ? "failed: it printed no time" : "over " + python.limit().toSeconds() + " s";
    }
    return String.format(Locale.ROOT, "%.2f s (best of %d)", best.getAsDouble(), runs.length);
  }

  private static String line(long[] shape) {
    return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(" "));
  }
}

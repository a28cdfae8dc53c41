package nmsw.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.ScriptModule;

/** The same network, the very same script, in the PyTorch that Debian ships ({@code python3-torch}). */
final class ReferenceTorch {
  private static final long LIMIT_SECONDS = 300;
  private static final String PROGRAM =
      """
      import sys, time, torch
      script, shapes, threads, patch = sys.argv[1], sys.argv[2], int(sys.argv[3]), [int(n) for n in sys.argv[4:7]]
      torch.set_num_threads(threads)
      net = torch.jit.load(script)
      weights = [torch.randn([int(n) for n in line.split()]) * 0.02 for line in open(shapes)]
      best = float('inf')
      with torch.no_grad():
          weights = net.prepare(weights)
          x = torch.randn(1, 1, *patch)
          for _ in range(4):
              start = time.perf_counter()
              net.forward(x, weights)
              best = min(best, time.perf_counter() - start)
      print('seconds', best)
      """;

  private ReferenceTorch() {}

  /** Seconds for one patch, the best of four runs; empty if that PyTorch is not installed or fails. */
  static OptionalDouble seconds(Backbone backbone, Form form, Int3 patch, int threads)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("nmsw-bench");
    Path script = folder.resolve("net.pt");
    Path shapes = folder.resolve("shapes.txt");
    Path program = folder.resolve("time.py");
    try {
      ScriptModule.write(script, backbone.script(form));
      Files.writeString(program, PROGRAM);
      Files.write(shapes, backbone.parameters().stream().map(p -> line(p.shape().getShape())).toList());
      Process python =
          new ProcessBuilder(
                  List.of(
                      "/usr/bin/python3", program.toString(), script.toString(), shapes.toString(),
                      "" + threads, "" + patch.x(), "" + patch.y(), "" + patch.z()))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      OptionalDouble seconds = OptionalDouble.empty();
      try (BufferedReader out =
          new BufferedReader(new InputStreamReader(python.getInputStream(), StandardCharsets.UTF_8))) {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
          if (line.startsWith("seconds ")) {
            seconds = OptionalDouble.of(Double.parseDouble(line.substring(8)));
          }
        }
      }
      if (!python.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        python.destroyForcibly();
      }
      return seconds;
    } finally {
      for (Path file : List.of(script, shapes, program)) {
        Files.deleteIfExists(file);
      }
      Files.delete(folder);
    }
  }

  private static String line(long[] shape) {
    return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(" "));
  }
}

package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** Needs Debian's python3-torch, which {@code ./nmsw test} installs. */
class StepBenchIT {
  @Test
  void bothProgramsTakeTheSameStep() {
    StringWriter out = new StringWriter();
    String options = "step --size 36,24,24 --patch 16 --channels 4,6,6 --classes 4 --steps 2 --threads 1";
    int code = BenchCommand.commandLine().setOut(new PrintWriter(out)).execute(options.split(" "));
    assertEquals(0, code, out.toString());
    assertTrue(out.toString().contains("ours is "), out.toString());
  }
}

package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.UNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a shell's programs in place of Python's. */
class ReferenceTorchTest {
  /** Waits for an input that never comes. */
  private static final String FOREVER = "exec cat";

  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void theBestRunCounts() throws Exception {
    assertEquals("1.25 s (best of 3)", time("echo seconds 2; echo noise; echo seconds 1.25; echo seconds 9e1", LONG));
  }

  @Test
  void aProgramWithoutARunIsStoppedWhenTimeIsUp() throws Exception {
    assertEquals("over 1 s", time(FOREVER, Duration.ofSeconds(1)));
  }

  @Test
  void aRunThatWasDoneWhenTimeIsUpCounts() throws Exception {
    assertEquals("212.00 s (best of 1)", time("echo seconds 212; " + FOREVER, Duration.ofSeconds(5)));
  }

  @Test
  void whatTorchScriptDoesNotKnowIsNamed() throws Exception {
    String python =
        """
        cat >&2 <<'TEXT'
        Traceback (most recent call last):
          File "time.py", line 4, in <module>
        RuntimeError:\s
        Unknown builtin op: aten::new.
        Could not find any similar ops to aten::new.
        :
            return torch.new(x, 3)
                   ~~~~~~~~~ <--- HERE

        TEXT
        exit 1
        """;
    assertEquals("failed: RuntimeError: Unknown builtin op: aten::new.", time(python, LONG));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          ValueError: no;               failed: ValueError: no
          terminate called;             failed: terminate called
          '';                           failed: exit code 3
          ModuleNotFoundError: No module named 'torch'; not installed (apt-get install python3-torch)
          ModuleNotFoundError: No module named 'numpy'; failed: ModuleNotFoundError: No module named 'numpy'
          """)
  void aFailureIsNotAMissingTorch(String err, String said) throws Exception {
    assertEquals(said, time("echo seconds 1; echo \"" + err + "\" >&2; exit 3", LONG));
  }

  @Test
  void withoutPythonThereIsNoTorch() throws Exception {
    String said = time(List.of("/no/such/python3"), LONG);
    assertEquals("not installed (apt-get install python3-torch)", said);
  }

  private static String time(String shell, Duration limit) throws IOException, InterruptedException {
    return time(List.of("/bin/sh", "-c", shell), limit);
  }

  private static String time(List<String> python, Duration limit) throws IOException, InterruptedException {
    return new ReferenceTorch(python, limit)
        .time(new UNet(List.of(4, 8, 8), 2), Form.FAST, Int3.cube(16), 1);
  }
}

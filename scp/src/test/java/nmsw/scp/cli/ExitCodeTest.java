package nmsw.scp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import nmsw.scp.Node;
import nmsw.segmentation.DeviceLost;
import org.junit.jupiter.api.Test;

class ExitCodeTest {
  /** They stand in OPERATIONS.md, and in units that people write. */
  @Test
  void whatEndsARunningNodeHasACodeOfItsOwn() {
    assertEquals(0, ExitCode.of(Node.Ending.CLOSED));
    assertEquals(5, ExitCode.of(Node.Ending.DEVICE_LOST));
    assertEquals(6, ExitCode.of(Node.Ending.SUPERSEDED));
    DeviceLost lost = new DeviceLost("CUDA error: unspecified launch failure", null);
    assertEquals(5, ExitCode.of(lost));
    assertEquals("CUDA error: unspecified launch failure", ExitCode.message(lost));
  }
}

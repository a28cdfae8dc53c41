package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.PendingLogits;
import nmsw.segmentation.nn.UNet;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryPlanTest {
  private static final Architecture WIDTHS =
      new Architecture.UNet(List.of(32, 64, 128, 256, 320, 320));
  private static final ModelDescription PAPER =
      new ModelDescription(
          "word", "1", WIDTHS, WIDTHS,
          new Vec3(1, 1, 3), -250, 500, Int3.cube(128), 0.5, Int3.cube(3), 30, Aggregation.NORMALISED_CW);
  private static final Attempt CPU = new Attempt(new Compute(Device.cpu(), Form.FAST), 1);
  private static final Compute GPU = new Compute(Device.gpu(0), Form.FAST);
  private static final long ANY = 1L << 50;
  private static final MemoryBudget ROOMY =
      new MemoryBudget(OptionalLong.of(ANY), 0, 0, ANY, OptionalLong.of(ANY));

  @TempDir Path folder;

  private static MemoryPlan plan(Int3 size, int classes, Attempt attempt) {
    NmswNet net = new NmswNet(UNet.ofPaper(classes), UNet.ofPaper(classes));
    return MemoryPlan.of(PAPER, net, size, size, attempt, false);
  }

  /** 480^3 with 14 classes, term by term. */
  @Test
  void theFormulaIsTheDocumentedOne() {
    MemoryPlan plan = plan(Int3.cube(480), 14, CPU);
    long voxels = 480L * 480 * 480;
    long low = 160L * 160 * 160;
    assertEquals(2 * voxels, plan.presentBytes());
    assertEquals(6 * voxels + 6 * low + 28 * low, plan.heapBytes());
    assertEquals(4 * low + 4 * 25 * low + 2 * 56 * low, plan.hostBytes());
    assertEquals(0, plan.gpuBytes());

    MemoryPlan refining = plan.refining(1000);
    assertEquals(plan.heapBytes(), refining.presentBytes());
    assertEquals(plan.heapBytes() + 2 * 15 * 1000, refining.heapBytes());
    assertEquals(plan.hostBytes(), refining.hostBytes());
  }

  /** The maps of the last block are 3.5 GB there. */
  @Test
  void manyClassesAreNeverAllThereAtFullSize() {
    MemoryPlan plan = plan(new Int3(576, 576, 672), 105, CPU);
    long low = 192L * 192 * 224;
    long slab = PendingLogits.SLAB_BYTES;
    long global = 4 * low + 4 * 25 * low + 4 * slab;
    long patch = 128L * 128 * 128;
    assertEquals(global, plan.hostBytes());

    NmswNet net = new NmswNet(UNet.ofPaper(105), UNet.ofPaper(105));
    Int3 size = new Int3(128, 128, 128);
    MemoryPlan inTime = MemoryPlan.of(PAPER, net, size, size, CPU, true);
    assertEquals(4 * patch + 4 * 25 * patch + 4 * slab + 4 * 105 * patch, inTime.hostBytes());
  }

  @Test
  void onAGpuTheNetworksMemoryIsTheDevices() {
    MemoryPlan gpu = plan(Int3.cube(480), 14, new Attempt(GPU, 1));
    MemoryPlan cpu = plan(Int3.cube(480), 14, CPU);
    assertEquals(cpu.hostBytes(), gpu.gpuBytes());
    assertEquals(cpu.heapBytes(), gpu.heapBytes());
    assertEquals(PendingLogits.SLAB_BYTES, gpu.hostBytes());
  }

  @Test
  void everyStepOfTheLadderTakesLess() {
    Int3 size = Int3.cube(480);
    List<Attempt> ladder = new Attempt(GPU, 4).ladder(true);
    for (int i = 1; i < ladder.size() - 1; i++) {
      MemoryPlan before = plan(size, 25, ladder.get(i - 1));
      MemoryPlan after = plan(size, 25, ladder.get(i));
      assertTrue(after.gpuBytes() <= before.gpuBytes(), before + " then " + after);
    }
    // Logits stay float32, all the rest is halved.
    long half = plan(size, 25, new Attempt(GPU.with(Form.FAST_BF16), 1)).gpuBytes();
    long logits = 2 * 4 * 25 * 160L * 160 * 160;
    assertTrue(half - logits < 0.6 * (plan(size, 25, new Attempt(GPU, 1)).gpuBytes() - logits));
  }

  @Test
  void aVolumeThatIsTooLargeIsRefusedWithBothFigures() {
    MemoryPlan plan = plan(new Int3(512, 512, 400), 25, CPU);
    MemoryBudget budget = new MemoryBudget(OptionalLong.of(1_000_000_000), 0, 0, ANY, OptionalLong.empty());
    NotEnoughMemory refusal = assertThrows(NotEnoughMemory.class, () -> budget.require(plan));
    assertTrue(
        refusal.getMessage().matches(
            "volume 512x512x400 with 24 classes needs about \\d+\\.\\d GB of memory, 1.0 GB available"),
        refusal.getMessage());
    assertDoesNotThrow(() -> ROOMY.require(plan));
  }

  @Test
  void theHeapsLimitIsNamedWithTheOptionThatRaisesIt() {
    MemoryBudget budget =
        new MemoryBudget(OptionalLong.of(ANY), 0, 0, 400_000_000, OptionalLong.empty());
    NotEnoughMemory refusal =
        assertThrows(NotEnoughMemory.class, () -> budget.require(plan(Int3.cube(480), 14, CPU)));
    assertTrue(refusal.getMessage().contains("0.4 GB allowed: raise -Xmx"), refusal.getMessage());
  }

  @Test
  void theGpusMemoryCounts() {
    MemoryBudget budget =
        new MemoryBudget(OptionalLong.of(ANY), 0, 0, ANY, OptionalLong.of(700_000_000));
    Int3 size = Int3.cube(480);
    NotEnoughMemory refusal =
        assertThrows(
            NotEnoughMemory.class, () -> budget.require(plan(size, 14, new Attempt(GPU, 1))));
    assertTrue(refusal.getMessage().contains("of GPU memory, 0.7 GB available"), refusal.getMessage());
    budget.require(plan(size, 14, new Attempt(GPU.with(Form.FAST_BF16), 1)));
  }

  @Test
  void heapThatIsHeldAlreadyIsNotAskedOfTheHostAgain() {
    MemoryPlan plan = plan(Int3.cube(480), 14, CPU);
    long inHeap = plan.heapBytes() - plan.presentBytes();
    OptionalLong networksOnly = OptionalLong.of(plan.hostBytes());
    new MemoryBudget(networksOnly, 0, inHeap, ANY, OptionalLong.empty()).require(plan);
    MemoryBudget fullHeap = new MemoryBudget(networksOnly, inHeap, inHeap, ANY, OptionalLong.empty());
    assertThrows(NotEnoughMemory.class, () -> fullHeap.require(plan));
  }

  @Test
  void availableIsWhatTheHostSaysOrTheContainerAllows() throws IOException {
    Path meminfo = folder.resolve("meminfo");
    Path cgroup = Files.createDirectory(folder.resolve("cgroup"));
    assertEquals(OptionalLong.empty(), MemoryBudget.hostAvailable(meminfo, cgroup));
    Files.writeString(meminfo, "MemTotal:  9000 kB\nMemAvailable:    4000 kB\n");
    assertEquals(OptionalLong.of(4_096_000), MemoryBudget.hostAvailable(meminfo, cgroup));
    Files.writeString(cgroup.resolve("memory.max"), "max\n");
    assertEquals(OptionalLong.of(4_096_000), MemoryBudget.hostAvailable(meminfo, cgroup));
    Files.writeString(cgroup.resolve("memory.max"), "3000000\n");
    Files.writeString(cgroup.resolve("memory.current"), "2500000\n");
    Files.writeString(cgroup.resolve("memory.stat"), "anon 1\ninactive_file 1000000\n");
    assertEquals(OptionalLong.of(1_500_000), MemoryBudget.hostAvailable(meminfo, cgroup));
  }
}

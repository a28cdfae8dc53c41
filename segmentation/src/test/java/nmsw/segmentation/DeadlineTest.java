package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import nmsw.segmentation.PatchSelection.SlidingWindow;
import nmsw.segmentation.PatchSelection.TopK;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;

class DeadlineTest {
  /** Longer than anything that this test really takes. */
  private static final long HOUR = Duration.ofHours(1).toNanos();

  private final AtomicLong clock = new AtomicLong();

  @Test
  void aPatchCostsItsTimeAndItsFusion() {
    Deadline deadline = Deadline.in(Duration.ofNanos(10_000), clock::get);
    clock.set(2000);

    assertEquals(8000, deadline.left());
    // 8000 less 500 in reserve and 150 for fusing the patch that was timed: 7350 / 1150.
    assertEquals(6, deadline.affordable(1000, 100, 500));
    assertEquals(4, deadline.affordable(1000, 4, 500));
    assertEquals(0, deadline.affordable(9000, 100, 0));
    assertEquals(100, deadline.affordable(0, 100, 0), "a clock may stand still");
    clock.set(10_000);
    assertTrue(deadline.isOver());
    assertEquals(0, deadline.affordable(1, 100, 0));
  }

  @Test
  void withoutALimitThereIsAlwaysTime() {
    assertFalse(Deadline.none().isOver());
    assertFalse(Deadline.none().isSet());
    assertEquals(100, Deadline.none().affordable(HOUR, 100, HOUR));
    assertEquals("", Deadline.none().toString());
  }

  @Test
  void aLimitMayBeAnyLength() {
    Deadline deadline = Deadline.in(Duration.ofDays(1_000_000_000_000L), clock::get);

    assertFalse(deadline.isOver());
    assertThrows(IllegalArgumentException.class, () -> Deadline.in(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> Deadline.in(Duration.ofSeconds(-1)));
  }

  @Test
  void saysItsLimit() {
    assertEquals("20s", Deadline.in(Duration.ofSeconds(20)).toString());
    assertEquals("1.5s", Deadline.in(Duration.ofMillis(1500)).toString());
    assertEquals("120s", Deadline.in(Duration.ofMinutes(2)).toString());
  }

  /** The clock moves an hour with every look at it; the first patch's time is one such step. */
  @Test
  void theMostImportantPatchesAreTakenForWhichThereIsTime() {
    Volume volume = TinyModel.volume(37, 41, 26);
    try (Segmenter segmenter = new Segmenter(TinyModel.bundle(), Compute.cpu())) {
      // Over?, begin, end and left are four looks; then 0.15 of a patch and two patches at 1.15, and a reserve.
      Duration limit = Duration.ofNanos((long) (HOUR * (4 + 0.15 + 2 * 1.15 + 0.5)));
      List<String> progress = new ArrayList<>();
      SegmentationResult bounded =
          segmenter.segment(
              volume,
              new TopK(7),
              Deadline.in(limit, () -> clock.getAndAdd(HOUR)),
              (stage, done, total) -> progress.add(stage + " " + done + "/" + total));
      SegmentationResult three = segmenter.segment(volume, new TopK(3), ProgressListener.NONE);

      assertEquals(three.patches(), bounded.patches());
      assertTrue(differing(three, bounded) < 0.001, "only ties may differ");
      assertEquals(7, bounded.requested());
      assertEquals(3, bounded.refined());
      assertTrue(bounded.deadlineReached());
      assertEquals("top-k", bounded.selection());
      assertEquals(
          List.of("local 1/3", "local 3/3"),
          progress.stream().filter(line -> line.startsWith("local")).toList());
    }
  }

  @Test
  void enoughTimeChangesNothing() {
    Volume volume = TinyModel.volume(37, 41, 26);
    try (Segmenter segmenter = new Segmenter(TinyModel.bundle(), Compute.cpu())) {
      SegmentationResult bounded =
          segmenter.segment(
              volume,
              new TopK(4),
              Deadline.in(Duration.ofHours(1), clock::get),
              ProgressListener.NONE);
      SegmentationResult free = segmenter.segment(volume, new TopK(4), ProgressListener.NONE);

      assertEquals(free.patches(), bounded.patches());
      assertTrue(differing(free, bounded) < 0.001, "only ties may differ");
      assertFalse(bounded.deadlineReached());
      assertFalse(free.deadlineReached());
    }
  }

  @Test
  void whereTimeIsOverBeforeThePatchesTheGlobalNetworkAnswers() {
    Volume volume = TinyModel.volume(37, 41, 26);
    try (Segmenter segmenter = new Segmenter(TinyModel.bundle(), Compute.cpu())) {
      Deadline over = Deadline.in(Duration.ofNanos(1), () -> clock.getAndAdd(HOUR));
      SegmentationResult late = segmenter.segment(volume, new TopK(3), over, ProgressListener.NONE);
      // No single cell covers all that the cells cover together, so none is worth a patch.
      SegmentationResult globalAlone =
          segmenter.segment(
              volume, new PatchSelection.MarginalGain(1, 1, 1), ProgressListener.NONE);

      assertEquals(List.of(), late.patches());
      assertEquals(3, late.requested());
      assertTrue(late.deadlineReached());
      assertEquals(0, globalAlone.refined());
      assertArrayEquals(globalAlone.labels().labels(), late.labels().labels());
    }
  }

  @Test
  void theSlidingWindowKeepsNoDeadline() {
    Volume volume = TinyModel.volume(20, 21, 17);
    try (Segmenter segmenter = new Segmenter(TinyModel.bundle(), Compute.cpu())) {
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  segmenter.segment(
                      volume,
                      new SlidingWindow(),
                      Deadline.in(Duration.ofHours(1)),
                      ProgressListener.NONE));
      assertTrue(refusal.getMessage().startsWith("sliding-window"), refusal.getMessage());
    }
  }

  private static double differing(SegmentationResult one, SegmentationResult other) {
    byte[] a = one.labels().labels();
    byte[] b = other.labels().labels();
    int different = 0;
    for (int v = 0; v < a.length; v++) {
      different += a[v] == b[v] ? 0 : 1;
    }
    return (double) different / a.length;
  }
}

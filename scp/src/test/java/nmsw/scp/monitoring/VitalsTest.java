package nmsw.scp.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.List;
import nmsw.dicom.Uid;
import nmsw.scp.events.Part;
import nmsw.scp.series.Stage;
import org.junit.jupiter.api.Test;

class VitalsTest {
  private long now = Long.MAX_VALUE - 5;
  private final Vitals vitals = new Vitals(() -> now);

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void whatWorksMayNotStandStill() {
    vitals.moved(Part.ASSEMBLER, "");
    vitals.moved(Part.WORKER, "");
    vitals.moved(Part.DELIVERY, "pacs");
    pass(Part.ASSEMBLER.limit());
    assertEquals(List.of(), vitals.stalled());
    pass(Duration.ofMinutes(1));
    assertEquals(List.of("assembler has not moved for 11 min"), vitals.stalled());
    vitals.moved(Part.ASSEMBLER, "");
    pass(Duration.ofMinutes(50));
    vitals.moved(Part.ASSEMBLER, "");
    assertEquals(
        List.of("delivery to pacs has not moved for 61 min", "worker has not moved for 61 min"), vitals.stalled());
  }

  @Test
  void whatRestsMay() {
    vitals.moved(Part.WORKER, "");
    vitals.moved(Part.DELIVERY, "pacs");
    vitals.rested(Part.WORKER, "");
    vitals.rested(Part.DELIVERY, "pacs");
    pass(Duration.ofDays(1));
    assertEquals(List.of(), vitals.stalled());
  }

  @Test
  void aPatchAndAnObjectAreMoves() {
    vitals.moved(Part.WORKER, "");
    vitals.moved(Part.DELIVERY, "pacs");
    vitals.moved(Part.DELIVERY, "research");
    vitals.moved(Part.DELIVERY, "archive");
    pass(Duration.ofMinutes(59));
    vitals.progress("1.2.3", Stage.LOCAL, 0.5);
    vitals.delivered("1.2.3", "pacs", Uid.SegmentationStorage);
    vitals.deliveryFailed("1.2.3", "research", "no");
    pass(Duration.ofMinutes(59));
    assertEquals(List.of("delivery to archive has not moved for 118 min"), vitals.stalled());
  }
}

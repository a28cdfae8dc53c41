package nmsw.scp.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import nmsw.dicom.DicomException;
import nmsw.scp.config.DataSize;
import nmsw.scp.config.QuotaConfig;
import org.junit.jupiter.api.Test;

class SpoolSpaceTest {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final int BUFFER = 64 << 10;

  private static QuotaConfig quota(long total, long perSender, Map<String, DataSize> senders) {
    return new QuotaConfig(
        Optional.of(total).filter(n -> n > 0).map(DataSize::new),
        Optional.of(perSender).filter(n -> n > 0).map(DataSize::new),
        senders);
  }

  private static String refusal(SpoolSpace space, String sender) {
    DicomException refusal = assertThrows(DicomException.class, () -> space.claim(sender));
    assertEquals(0xA700, refusal.status().orElseThrow());
    return refusal.getMessage();
  }

  @Test
  void whatOthersClaimIsNotFree() throws IOException {
    long[] free = {10 * MIB};
    SpoolSpace space = new SpoolSpace(() -> free[0], new DataSize(8 * MIB), QuotaConfig.NONE);
    space.added("CT1", MIB);
    SpoolSpace.Claim first = space.claim("CT1");
    SpoolSpace.Claim second = space.claim("CT2");
    assertTrue(refusal(space, "CT3").contains("2.0 MiB of it for objects that are coming in"));
    assertThrows(DicomException.class, space::require);
    first.close();
    space.claim("CT3").close();

    // The second writes what it claimed, and then finds no more.
    second.written(MIB);
    free[0] -= MIB;
    second.require(MIB);
    second.written(MIB);
    free[0] -= MIB;
    assertThrows(DicomException.class, () -> second.require(1));
    // Somebody made room; nobody told us.
    free[0] += 4 * MIB;
    second.require(1);
    second.close();
    space.require();
  }

  @Test
  void quotasCountWhatIsThereAndWhatIsComing() throws IOException {
    QuotaConfig quota = quota(100 * MIB, 40 * MIB, Map.of("CT2", new DataSize(80 * MIB)));
    SpoolSpace space = new SpoolSpace(() -> Long.MAX_VALUE, new DataSize(0), quota);
    space.added("CT1", 40 * MIB - 300 * KIB);
    space.added("CT2", 256 * KIB);
    SpoolSpace.Claim last = space.claim("CT1");
    assertTrue(refusal(space, "CT1").contains("what CT1 sent takes 40.0 MiB of the spool, its quota is 40.0 MiB"));
    space.claim("CT2").close();
    last.close();
    space.claim("CT1").close();

    space.added("CT2", 60 * MIB);
    space.added("CT3", 256 * KIB);
    assertTrue(refusal(space, "CT2").contains("storage.quota.total"));
    assertTrue(refusal(space, "CT4").contains("storage.quota.total"));
    assertThrows(DicomException.class, space::require);
    space.removed("CT1", 30 * MIB);
    space.claim("CT1").close();
    space.claim("CT2").close();
    space.require();
  }

  @Test
  void aRecountSetsRightWhatAnotherNodeDid() throws IOException {
    SpoolSpace space = new SpoolSpace(() -> Long.MAX_VALUE, new DataSize(0), quota(10 * MIB, 0, Map.of()));
    space.added("CT1", 10 * MIB);
    refusal(space, "CT1");
    space.recounting();
    space.added("CT2", MIB);
    space.recounted(Map.of("CT1", 2 * MIB));
    assertEquals(3 * MIB, space.used());
    space.claim("CT1").close();
    space.removed("CT1", 5 * MIB);
    assertEquals(MIB, space.used());
  }

  /** One object: who sends it, how long it is, and whether its sender goes away in the middle. */
  private record Coming(String sender, long bytes, boolean broken) {}

  @Provide
  Arbitrary<List<Coming>> traffic() {
    return Combinators.combine(
            Arbitraries.of("CT1", "CT2", "CT3"),
            Arbitraries.longs().between(1, 3 * MIB),
            Arbitraries.of(false, false, false, true))
        .as(Coming::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(40);
  }

  /** Objects that come in at once, a buffer of each in turn; series go now and then. */
  @Property(tries = 200)
  void neitherReserveNorQuotaIsEverCrossed(
      @ForAll("traffic") List<Coming> traffic, @ForAll("limits") long[] limits, @ForAll("atOnce") int atOnce)
      throws IOException {
    long disk = limits[0];
    long reserve = limits[1];
    long[] onDisk = {0};
    QuotaConfig quota = quota(limits[2], limits[3], Map.of());
    SpoolSpace space = new SpoolSpace(() -> disk - onDisk[0], new DataSize(reserve), quota);
    List<Coming> waiting = new ArrayList<>(traffic);
    List<Writing> under = new ArrayList<>();
    long[] kept = {0};
    int turn = 0;
    while (!waiting.isEmpty() || !under.isEmpty()) {
      if (under.size() < atOnce && !waiting.isEmpty()) {
        Coming coming = waiting.remove(0);
        try {
          under.add(new Writing(coming, space.claim(coming.sender())));
        } catch (DicomException refused) {
          assertEquals(0xA700, refused.status().orElseThrow());
        }
      }
      if (!under.isEmpty()) {
        Writing writing = under.get(turn++ % under.size());
        if (!writing.step(onDisk)) {
          under.remove(writing);
          if (writing.written == writing.coming.bytes()) {
            space.added(writing.coming.sender(), writing.written);
            kept[0] += writing.written;
          } else {
            onDisk[0] -= writing.written;
          }
          writing.claim.close();
        }
      }
      assertTrue(disk - onDisk[0] >= Math.min(reserve, disk), "reserve");
      assertTrue(onDisk[0] <= limits[2], "total");
    }
    assertEquals(kept[0], space.used());
    assertEquals(onDisk[0], space.used());
    for (String sender : List.of("CT1", "CT2", "CT3")) {
      space.removed(sender, limits[3]);
    }
    assertEquals(0, space.used(), "nobody has more than its quota");
    onDisk[0] = 0;
    // All claims were given back: an object as large as all that is left is taken.
    long room = Math.min(disk - reserve, Math.min(limits[2], limits[3]));
    try (SpoolSpace.Claim all = new SpoolSpace(() -> disk, new DataSize(reserve), quota).claim("CT1")) {
      all.require(room);
    }
    try (SpoolSpace.Claim all = space.claim("CT1")) {
      all.require(room);
    }
  }

  @Provide
  Arbitrary<long[]> limits() {
    return Combinators.combine(
            Arbitraries.longs().between(8 * MIB, 64 * MIB),
            Arbitraries.longs().between(0, 4 * MIB),
            Arbitraries.longs().between(4 * MIB, 64 * MIB),
            Arbitraries.longs().between(4 * MIB, 64 * MIB))
        .as((disk, reserve, total, perSender) -> new long[] {disk, reserve, total, perSender});
  }

  @Provide
  Arbitrary<Integer> atOnce() {
    return Arbitraries.integers().between(1, 8);
  }

  private static final class Writing {
    final Coming coming;
    final SpoolSpace.Claim claim;
    long written;

    Writing(Coming coming, SpoolSpace.Claim claim) {
      this.coming = coming;
      this.claim = claim;
    }

    /** Writes a buffer; false when the object is complete, refused or broken off. */
    boolean step(long[] onDisk) throws IOException {
      long bytes = Math.min(BUFFER, coming.bytes() - written);
      if (bytes == 0 || coming.broken() && written > coming.bytes() / 2) {
        return false;
      }
      try {
        claim.require(bytes);
      } catch (DicomException refused) {
        return false;
      }
      onDisk[0] += bytes;
      claim.written(bytes);
      written += bytes;
      return true;
    }
  }
}

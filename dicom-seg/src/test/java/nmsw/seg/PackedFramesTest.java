package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.BitSet;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PackedFramesTest {
  @Test
  void packsLeastSignificantBitFirstAndContinuouslyAcrossFrames() {
    PackedFrames frames = PackedFrames.allocate(3, 5);
    frames.set(0, 0, 1);
    frames.set(1, 1, 5);
    frames.set(2, 4, 5);
    // bits 0, 6..9, 14
    assertArrayEquals(new byte[] {(byte) 0b1100_0001, 0b0100_0011}, frames.bytes());
  }

  @Test
  void padsToAnEvenNumberOfBytes() {
    assertEquals(2, PackedFrames.size(1, 1));
    assertEquals(2, PackedFrames.size(2, 8));
    assertEquals(4, PackedFrames.size(1, 17));
    assertEquals(32768, PackedFrames.size(1, 512 * 512));
  }

  @Test
  void refusesMoreThanAnArrayHolds() {
    assertThrows(
        IllegalArgumentException.class, () -> PackedFrames.allocate(70_000, 512 * 512));
  }

  @Property(tries = 300)
  void runsAreWhatBitByBitGives(
      @ForAll @IntRange(min = 1, max = 5) int frames,
      @ForAll @IntRange(min = 1, max = 67) int pixels,
      @ForAll long seed) {
    Random random = new Random(seed);
    PackedFrames packed = PackedFrames.allocate(frames, pixels);
    BitSet expected = new BitSet();
    BitSet[] masks = new BitSet[frames];
    for (int frame = 0; frame < frames; frame++) {
      masks[frame] = new BitSet();
      for (int run = random.nextInt(4); run > 0; run--) {
        int from = random.nextInt(pixels + 1);
        int to = from + random.nextInt(pixels - from + 1);
        packed.set(frame, from, to);
        for (int i = from; i < to; i++) {
          expected.set(frame * pixels + i);
          masks[frame].set(i);
        }
      }
    }
    byte[] bits = new byte[packed.bytes().length];
    expected.stream().forEach(bit -> bits[bit / 8] |= (byte) (1 << bit % 8));
    assertArrayEquals(bits, packed.bytes());
    for (int frame = 0; frame < frames; frame++) {
      assertEquals(masks[frame], packed.frame(frame));
    }
  }
}

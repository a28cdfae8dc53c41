package nmsw.scp.trends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import nmsw.segmentation.PatchBox;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;

class ImportanceEntropyTest {
  private static List<PatchBox> patches(Float... importance) {
    return IntStream.range(0, importance.length)
        .mapToObj(i -> new PatchBox(Int3.cube(i), Int3.cube(8), importance[i]))
        .toList();
  }

  @Test
  void patchesThatAreAlikeHaveAllThereIsWhateverTheirNumber() {
    assertEquals(1, ImportanceEntropy.bits(patches(3f, 3f)), 1e-12);
    assertEquals(3, ImportanceEntropy.bits(patches(-1f, -1f, -1f, -1f, -1f, -1f, -1f, -1f)), 1e-12);
    assertEquals(1, ImportanceEntropy.normalised(patches(3f, 3f)).orElseThrow(), 1e-12);
    assertEquals(1, ImportanceEntropy.normalised(patches(2f, 2f, 2f)).orElseThrow(), 1e-12);
  }

  @Test
  void oddsOfThreeToOneAreSoMuch() {
    double bits = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)) / Math.log(2);
    assertEquals(bits, ImportanceEntropy.normalised(patches((float) Math.log(3), 0f)).orElseThrow(), 1e-6);
  }

  @Test
  void fewerThanTwoPatchesAndNoNumbersHaveNone() {
    assertEquals(OptionalDouble.empty(), ImportanceEntropy.normalised(List.of()));
    assertEquals(OptionalDouble.empty(), ImportanceEntropy.normalised(patches(1f)));
    assertEquals(OptionalDouble.empty(), ImportanceEntropy.normalised(patches(Float.NaN, 1f)));
    assertEquals(OptionalDouble.empty(), ImportanceEntropy.normalised(patches(Float.POSITIVE_INFINITY, 1f)));
  }

  @Property(tries = 200)
  void isAShare(@ForAll @Size(min = 2, max = 40) List<@FloatRange(min = -1e30f, max = 1e30f) Float> importance) {
    double share = ImportanceEntropy.normalised(patches(importance.toArray(new Float[0]))).orElseThrow();
    assertTrue(share >= 0 && share <= 1, () -> Double.toString(share));
  }
}

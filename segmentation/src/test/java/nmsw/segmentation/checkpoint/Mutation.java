package nmsw.segmentation.checkpoint;

import java.util.Arrays;
import java.util.Random;

/** Small random damage to a file, reproducible by the random numbers' seed. */
final class Mutation {
  private Mutation() {}

  /** One to four bytes replaced, a piece cut out, or the end cut off. */
  static byte[] of(byte[] bytes, Random random) {
    byte[] mutated = bytes.clone();
    switch (random.nextInt(6)) {
      case 0 -> {
        return Arrays.copyOf(mutated, random.nextInt(mutated.length));
      }
      case 1 -> {
        int at = random.nextInt(mutated.length);
        int cut = 1 + random.nextInt(Math.min(8, mutated.length - at));
        System.arraycopy(bytes, at + cut, mutated, at, mutated.length - at - cut);
        return Arrays.copyOf(mutated, mutated.length - cut);
      }
      default -> {
        for (int i = random.nextInt(4); i >= 0; i--) {
          int at = random.nextInt(mutated.length);
          mutated[at] =
              switch (random.nextInt(3)) {
                case 0 -> (byte) random.nextInt(256);
                case 1 -> (byte) (mutated[at] ^ 1 << random.nextInt(8));
                default -> bytes[random.nextInt(bytes.length)];
              };
        }
        return mutated;
      }
    }
  }
}

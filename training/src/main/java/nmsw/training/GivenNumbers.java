package nmsw.training;

import java.util.random.RandomGenerator;

/** Gives numbers that were drawn beforehand, so that a training step can be repeated, here or in another program. */
final class GivenNumbers implements RandomGenerator {
  private final float[] uniforms;
  private int next;

  /**
   * @param uniforms in [0, 1)
   */
  GivenNumbers(float[] uniforms) {
    this.uniforms = uniforms;
  }

  @Override
  public double nextDouble() {
    return uniforms[next++];
  }

  @Override
  public int nextInt(int bound) {
    return (int) (nextDouble() * bound);
  }

  @Override
  public long nextLong() {
    throw new UnsupportedOperationException("only numbers in [0, 1) were drawn");
  }
}

package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;

/**
 * What one named parameter array is before it has values.
 *
 * @param name stable, dotted, e.g. {@code d0.w0}; the key in a weights file
 * @param shape convolutions [out, in, k, k, k]; transposed convolutions [in, out, k, k, k]
 * @param init distribution of the initial values
 * @param decay whether the optimiser's weight decay applies: not to biases, PReLU slopes and class weights
 */
public record ParameterSpec(String name, Shape shape, Init init, boolean decay) {

  /** Initial values: uniform in [centre - radius, centre + radius). */
  public record Init(double centre, double radius) {
    static Init constant(double value) {
      return new Init(value, 0);
    }

    /** The framework's default for convolutions and their biases: Kaiming uniform with a = sqrt(5). */
    static Init fanIn(long fanIn) {
      return new Init(0, 1 / Math.sqrt(fanIn));
    }
  }

  /** The same parameter under {@code prefix + name}. */
  public ParameterSpec under(String prefix) {
    return new ParameterSpec(prefix + name, shape, init, decay);
  }

  public long size() {
    return shape.size();
  }
}

package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import nmsw.segmentation.nn.ParameterSpec.Init;

/**
 * A transformer block of {@link SwinUnetr}: layer norm, attention within windows and a projection, added to the
 * input; layer norm and an MLP with a hidden layer of four times the channels and GELU, added again.
 *
 * <p>Parameters in this order: {@code n1w n1b} of the first norm; {@code qkv_w} [3C, C] and {@code qkv_b}, the rows
 * of queries, keys, values one after the other, each head by head; {@code table} [(2w-1)^3, heads], what is added
 * to a score by the relative position of two voxels; {@code proj_w proj_b}; {@code n2w n2b}; {@code fc1_w fc1_b
 * fc2_w fc2_b}.
 *
 * @param shift voxels by which the windows are shifted along each axis that is longer than a window
 */
record SwinBlock(String name, int channels, int heads, int window, int shift) {
  private static final int EXPANSION = 4;

  /** Uniform with the standard deviation 0.02 of the specification's normal distribution. */
  private static final Init POSITIONS = new Init(0, 0.02 * Math.sqrt(3));

  List<ParameterSpec> parameters() {
    int width = 2 * window - 1;
    int inner = EXPANSION * channels;
    return List.of(
        vector("n1w", channels, Init.constant(1)),
        vector("n1b", channels, Init.constant(0)),
        matrix("qkv_w", 3 * channels, channels),
        vector("qkv_b", 3 * channels, Init.fanIn(channels)),
        new ParameterSpec(
            name + ".table", new Shape((long) width * width * width, heads), POSITIONS, false),
        matrix("proj_w", channels, channels),
        vector("proj_b", channels, Init.fanIn(channels)),
        vector("n2w", channels, Init.constant(1)),
        vector("n2b", channels, Init.constant(0)),
        matrix("fc1_w", inner, channels),
        vector("fc1_b", inner, Init.fanIn(channels)),
        matrix("fc2_w", channels, inner),
        vector("fc2_b", channels, Init.fanIn(inner)));
  }

  String emit(ScriptBody body, String x) {
    return body.let(
        "(self).block(%s, p, %d, %d, train, )".formatted(x, body.index(name + ".n1w"), shift));
  }

  /**
   * Queries, keys, values and the projection work on whole windows, padding included. The counter charges 4 per
   * element of a layer norm and 3 per score of a softmax, and does not see the products of the attention.
   *
   * @param size of the image that the block sees
   */
  void addCosts(CostList costs, Int3 size) {
    long padded = 1;
    long voxels = 1;
    for (int axis = 0; axis < 3; axis++) {
      long edge = Math.min(window, size.get(axis));
      padded *= (size.get(axis) + edge - 1) / edge * edge;
      voxels *= edge;
    }
    long tokens = size.product();
    costs.free(name + ".n1w", name + ".n1b");
    costs.charged(name + ".norm1", 4 * channels * tokens);
    costs.linear(name + ".qkv_w", name + ".qkv_b", padded);
    costs.free(name + ".table");
    costs.products(name + ".attention", 2 * padded * voxels * channels);
    costs.charged(name + ".softmax", 3 * padded * voxels * heads);
    costs.linear(name + ".proj_w", name + ".proj_b", padded);
    costs.free(name + ".n2w", name + ".n2b");
    costs.charged(name + ".norm2", 4 * channels * tokens);
    costs.linear(name + ".fc1_w", name + ".fc1_b", tokens);
    costs.linear(name + ".fc2_w", name + ".fc2_b", tokens);
  }

  private ParameterSpec matrix(String parameter, int out, int in) {
    return new ParameterSpec(name + "." + parameter, new Shape(out, in), Init.fanIn(in), true);
  }

  private ParameterSpec vector(String parameter, int size, Init init) {
    return new ParameterSpec(name + "." + parameter, new Shape(size), init, false);
  }
}

package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.ParameterSpec.Init;

/**
 * One block of a {@link MedNeXt}, which says what its parameters are.
 *
 * @param name prefix of its parameters
 * @param in channels that come in; those of a block that keeps the size are also {@code out}
 * @param expansion channels between the two 1x1x1 convolutions are {@code expansion * in}
 * @param kernel edge of the depthwise kernel
 */
record MedNeXtBlock(String name, Kind kind, int in, int out, int expansion, int kernel) {

  /** What a block does to the size. */
  enum Kind {
    /** Keeps it. */
    SAME,
    /** Halves it. */
    DOWN,
    /** Doubles it. */
    UP
  }

  List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    long taps = (long) kernel * kernel * kernel;
    addPair(specs, at("dw"), at("dwb"), new Shape(in, 1, kernel, kernel, kernel), in, taps);
    specs.add(new ParameterSpec(at("gw"), new Shape(in), Init.constant(1), false));
    specs.add(new ParameterSpec(at("gb"), new Shape(in), Init.constant(0), false));
    addPair(specs, at("w2"), at("b2"), new Shape(expanded(), in, 1, 1, 1), expanded(), in);
    addPair(specs, at("w3"), at("b3"), new Shape(out, expanded(), 1, 1, 1), out, expanded());
    switch (kind) {
      case SAME -> {}
      case DOWN -> addPair(specs, at("wr"), at("br"), new Shape(out, in, 1, 1, 1), out, in);
      case UP -> addPair(specs, at("wr"), at("br"), new Shape(in, out, 1, 1, 1), out, out);
    }
    return specs;
  }

  /**
   * Emits the block so that it can be differentiated.
   *
   * @param skip what a block that doubles adds to its result, which is twice as large as {@code x}
   */
  String emit(ScriptBody body, String x, String skip) {
    return kind == Kind.UP ? body.add(emit(body, x), skip) : emit(body, x);
  }

  /**
   * Emits the block for inference, see {@link MedNeXtScript}. {@code x}, or {@code skip} if the block doubles, may
   * be written over.
   */
  String emitInference(ScriptBody body, String x, String skip) {
    int at = body.index(at("dw"));
    return switch (kind) {
      case SAME -> body.let("(self).same(%s, p, %d, )".formatted(x, at));
      case DOWN -> body.let("(self).down(%s, p, %d, )".formatted(x, at));
      case UP -> body.let("(self).up(%s, %s, p, %d, )".formatted(x, skip, at));
    };
  }

  /** Emits the block alone; the result is twice as large as {@code x} for a block that doubles. */
  String emit(ScriptBody body, String x) {
    String y =
        switch (kind) {
          case SAME -> body.depthwise(x, at("dw"), at("dwb"), kernel, 1, in);
          case DOWN -> body.depthwise(x, at("dw"), at("dwb"), kernel, 2, in);
          case UP -> body.spread(x, at("dw"), at("dwb"), kernel, in);
        };
    y = body.affineNorm(y, at("gw"), at("gb"), in);
    y = body.gelu(body.conv(y, at("w2"), at("b2"), 1, 1));
    y = body.conv(y, at("w3"), at("b3"), 1, 1);
    return switch (kind) {
      case SAME -> body.add(x, y);
      case DOWN -> body.add(y, body.conv(x, at("wr"), at("br"), 1, 2));
      // Both summands miss the same first plane of each axis, so one padding of their sum does for both.
      case UP -> body.padFront(body.add(y, body.spread(x, at("wr"), at("br"), 1, 1)));
    };
  }

  /**
   * Adds the block's layers. The counter knows neither this norm nor GELU.
   *
   * @return the size of the output
   */
  Int3 addCosts(CostList costs, Int3 input) {
    Int3 two = Int3.cube(2);
    Int3 inside =
        switch (kind) {
          case SAME -> input;
          case DOWN -> input.dividedBy(two);
          case UP -> input.times(two).minus(Int3.cube(1));
        };
    if (kind == Kind.UP) {
      costs.transposed(at("dw"), at("dwb"), input, inside);
    } else {
      costs.convolution(at("dw"), at("dwb"), inside);
    }
    costs.free(at("gw"), at("gb"));
    costs.convolution(at("w2"), at("b2"), inside);
    costs.convolution(at("w3"), at("b3"), inside);
    if (kind == Kind.DOWN) {
      costs.convolution(at("wr"), at("br"), inside);
    }
    if (kind == Kind.UP) {
      costs.transposed(at("wr"), at("br"), input, inside);
      return input.times(two);
    }
    return inside;
  }

  /**
   * Adds a weight and the bias of its outputs.
   *
   * @param fanIn second axis of the weight times its taps, as in the framework's default initial values
   */
  static void addPair(
      List<ParameterSpec> specs, String weight, String bias, Shape shape, int outputs, long fanIn) {
    Init init = Init.fanIn(fanIn);
    specs.add(new ParameterSpec(weight, shape, init, true));
    specs.add(new ParameterSpec(bias, new Shape(outputs), init, false));
  }

  private int expanded() {
    return expansion * in;
  }

  private String at(String parameter) {
    return name + "." + parameter;
  }
}

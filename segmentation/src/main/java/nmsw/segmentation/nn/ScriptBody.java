package nmsw.segmentation.nn;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The statements of one TorchScript method, written one assignment at a time. Layers of three-dimensional
 * networks are methods here, so that a network reads as its own description.
 */
final class ScriptBody {
  static final String EPSILON = "1.0000000000000001e-05";
  static final String FLOAT32 = "6";
  static final String FLOAT64 = "7";
  private static final String BFLOAT16 = "15";
  private static final String CHANNELS_LAST = "memory_format=3";

  private final StringBuilder text = new StringBuilder();
  private final Map<String, Integer> parameterIndex = new HashMap<>();
  private final Form form;
  private int variables;

  ScriptBody(Form form, List<ParameterSpec> parameters) {
    this.form = form;
    for (ParameterSpec parameter : parameters) {
      parameterIndex.put(parameter.name(), parameterIndex.size());
    }
  }

  String let(String expression) {
    String variable = "t" + variables++;
    text.append("    ").append(variable).append(" = ").append(expression).append('\n');
    return variable;
  }

  String parameter(String name) {
    return "p[" + index(name) + "]";
  }

  /** Place of a parameter in the list {@code p}. */
  int index(String name) {
    Integer index = parameterIndex.get(name);
    if (index == null) {
      throw new IllegalArgumentException("no parameter named " + name);
    }
    return index;
  }

  String text() {
    return text.toString();
  }

  /** The network's input in the form's layout and precision. */
  String input(String x) {
    String y = form.bfloat16() ? let("torch.to(" + x + ", " + BFLOAT16 + ")") : x;
    return form.channelsLast() ? let("torch.contiguous(" + y + ", " + CHANNELS_LAST + ")") : y;
  }

  /** A result in float32. */
  String output(String x) {
    return form.bfloat16() ? let("torch.to(" + x + ", " + FLOAT32 + ")") : x;
  }

  /** Convolution with an odd kernel, padded so that stride 1 keeps the size. */
  String conv(String x, String weight, String bias, int kernel, int stride) {
    return let(
        "torch.conv3d(%s, %s, %s, %s, %s, [1, 1, 1], 1)"
            .formatted(x, parameter(weight), parameter(bias), triple(stride), triple(kernel / 2)));
  }

  /** Transposed convolution, kernel 3, that doubles each axis. */
  String doubling(String x, String weight, String bias) {
    return let(
        "torch.conv_transpose3d(%s, %s, %s, [2, 2, 2], [1, 1, 1], [1, 1, 1], 1, [1, 1, 1])"
            .formatted(x, parameter(weight), parameter(bias)));
  }

  /** Convolution of each channel for itself, with an odd kernel, padded so that stride 1 keeps the size. */
  String depthwise(String x, String weight, String bias, int kernel, int stride, int channels) {
    return let(
        "torch.conv3d(%s, %s, %s, %s, %s, [1, 1, 1], %d)"
            .formatted(
                x, parameter(weight), parameter(bias), triple(stride), triple(kernel / 2), channels));
  }

  /** Transposed convolution of stride 2 with an odd kernel: an axis of n voxels becomes one of 2n - 1. */
  String spread(String x, String weight, String bias, int kernel, int groups) {
    return let(
        "torch.conv_transpose3d(%s, %s, %s, [2, 2, 2], %s, [0, 0, 0], %d, [1, 1, 1])"
            .formatted(x, parameter(weight), parameter(bias), triple(kernel / 2), groups));
  }

  /** Transposed convolution of one tap and stride 1, done as the plain convolution that it is. */
  String transposedPointwise(String x, String weight, String bias) {
    String plain = let("torch.transpose(" + parameter(weight) + ", 0, 1)");
    return let(
        "torch.conv3d(%s, %s, %s, [1, 1, 1], [0, 0, 0], [1, 1, 1], 1)"
            .formatted(x, plain, parameter(bias)));
  }

  /** One plane of zeros in front of each axis. */
  String padFront(String x) {
    return let("torch.constant_pad_nd(" + x + ", [1, 0, 1, 0, 1, 0], 0)");
  }

  /** Instance norm without scale and shift; group norm with one channel per group keeps channels-last. */
  String norm(String x, int channels) {
    return form.channelsLast()
        ? let("torch.group_norm(%s, %d, None, None, %s, False)".formatted(x, channels, EPSILON))
        : let(
            "torch.instance_norm(%s, None, None, None, None, True, 0.10000000000000001, %s, False)"
                .formatted(x, EPSILON));
  }

  /** Norm of each channel for itself, with scale and shift. */
  String affineNorm(String x, String scale, String shift, int channels) {
    return let(
        "torch.group_norm(%s, %d, %s, %s, %s, False)"
            .formatted(x, channels, parameter(scale), parameter(shift), EPSILON));
  }

  /** GELU in its exact form, by the error function. */
  String gelu(String x) {
    return let("torch.gelu(" + x + ")");
  }

  String prelu(String x, String slope) {
    return let("torch.prelu(" + x + ", " + parameter(slope) + ")");
  }

  String add(String x, String y) {
    return let("torch.add(" + x + ", " + y + ")");
  }

  String concatenate(String x, String y) {
    return let("torch.cat([" + x + ", " + y + "], 1)");
  }

  /** The methods of a {@link Backbone} of which this is the body. */
  String network(String logits, String feature) {
    return method("forward", logits, feature) + whole() + companions("forward");
  }

  /**
   * The methods of a {@link Backbone} of which this is the differentiable body.
   *
   * @param inference {@code forward}, {@code begin} and {@code planes}
   */
  String network(String logits, String feature, String inference) {
    return inference + method("run", logits, feature) + companions("run");
  }

  /** This body as a method on prepared weights, its results in float32. */
  String method(String name, String logits, String feature) {
    return method(name, "[" + output(logits) + ", " + output(feature) + "]");
  }

  /** This body as a method on prepared weights. */
  String method(String name, String result) {
    return method(name, List.of("x"), result);
  }

  /** This body as a method of several tensors, on prepared weights. */
  String method(String name, List<String> inputs, String result) {
    return "  def " + name + "(self: __torch__.Net, " + String.join(": Tensor, ", inputs)
        + ": Tensor, p: List[Tensor]) -> List[Tensor]:\n"
        + text
        + "    return "
        + result
        + "\n";
  }

  /** {@code begin} and {@code planes} of a network that makes its logits all at once. */
  static String whole() {
    return """
      def begin(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> List[Tensor]:
        r = (self).forward(x, p, )
        return [r[1], r[0], torch.new_zeros(r[0], [0])]
      def planes(self: __torch__.Net, bounds: Tensor, map: Tensor, norm: Tensor, p: List[Tensor]) -> List[Tensor]:
        return [map[:, :, int(bounds[0]):int(bounds[1])]]
    """;
  }

  /** What prepares weights, and {@code train}, which runs a differentiable method on weights as they are. */
  private String companions(String differentiable) {
    return weightMethods(form)
        + "  def train(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> List[Tensor]:\n"
        + "    q = (self).layout(p, )\n"
        + "    return (self)." + differentiable + "(x, q, )\n";
  }

  /**
   * The methods that bring weights into the layout and precision of a form: {@code layout} for immediate
   * use, {@code prepare} to keep. The latter always copies: an array that Java filled lives in a Java
   * buffer, which is gone some time after the array is closed, whatever native tensors still share its
   * memory.
   */
  private static String weightMethods(Form form) {
    String cast = form.bfloat16() ? "torch.to(p[i], " + BFLOAT16 + ")" : "p[i]";
    String layout = form.channelsLast() ? "torch.contiguous(a, " + CHANNELS_LAST + ")" : "a";
    String copy = form.channelsLast() ? "torch.clone(a, " + CHANNELS_LAST + ")" : "torch.clone(a)";
    return weightMethod("layout", cast, layout, "a") + weightMethod("prepare", cast, copy, "torch.clone(a)");
  }

  private static String weightMethod(String name, String cast, String kernel, String vector) {
    return """
      def %s(self: __torch__.Net, p: List[Tensor]) -> List[Tensor]:
        r = annotate(List[Tensor], [])
        for i in range(torch.len(p)):
          a = %s
          if torch.eq(torch.dim(a), 5):
            b = %s
          else:
            b = %s
          _0 = torch.append(r, b)
        return r
    """
        .formatted(name, cast, kernel, vector);
  }

  /** A weight in a form's precision and, if it is a convolution's, layout. */
  static String laidOut(Form form, String weight, int dimensions) {
    String cast = form.bfloat16() ? "torch.to(" + weight + ", " + BFLOAT16 + ")" : weight;
    return form.channelsLast() && dimensions == 5
        ? "torch.contiguous(" + cast + ", " + CHANNELS_LAST + ")"
        : cast;
  }

  private static String triple(int value) {
    return "[" + value + ", " + value + ", " + value + "]";
  }
}

package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import nmsw.segmentation.nn.ParameterSpec.Init;

/**
 * Swin-UNETR (NMSW §10.3): a transformer over shifted windows as encoder, residual blocks as decoder.
 *
 * <p>{@code embed} halves the image to {@code feature} channels, hidden state h<sub>0</sub>. Four stages {@code
 * s<i>} follow: blocks {@code s<i>.b<j>} of attention and MLP (see {@link SwinBlock}), every other one on windows
 * shifted by half, then {@code s<i>.merge} (parameters {@code nw nb w}), which halves the size and doubles the
 * channels: h<sub>i+1</sub>. Every hidden state is normalised over its channels before the decoder sees it.
 *
 * <p>Residual blocks {@code enc1} (on the image), {@code enc2, enc3, enc4, enc10} (on h<sub>0</sub>,
 * h<sub>1</sub>, h<sub>2</sub>, h<sub>4</sub>): conv 3 + instance norm + leaky ReLU + conv 3 + norm, added to the
 * input, leaky ReLU; where the channels change the input passes a 1x1x1 conv + norm. Parameters {@code w1 w2 w3}
 * without biases. {@code dec5} .. {@code dec1}: a transposed conv of 2 ({@code wt}) doubles the size, then comes
 * the residual block on that and the encoder's image of this size; {@code dec5} takes h<sub>3</sub> itself.
 * {@code out} is a 1x1x1 convolution.
 *
 * @param feature channels of h<sub>0</sub>; the paper's are 24
 * @param depths blocks of each stage; the paper's are 2, 2, 2, 2
 * @param heads attention heads of each stage, divisors of its {@code feature * 2^i} channels; the paper's are 3, 6,
 *     12, 24
 * @param window edge of a window in voxels of its stage; the paper's is 7. An axis that is not longer is one window
 * @param merging the order in which {@code merge} joins eight voxels
 * @param classes output channels, background included
 */
public record SwinUnetr(
    int feature, List<Integer> depths, List<Integer> heads, int window, Merging merging, int classes)
    implements Backbone {
  private static final int STAGES = 4;
  private static final int MAX_FEATURE = 512;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_WINDOW = 12;
  private static final String SLOPE = "0.01";

  /** Which voxels of a cube of eight a merging layer joins, and in what order. */
  public enum Merging {
    /** Each voxel once, the last axis fastest. */
    CORRECTED,
    /** As in the library that the published networks were trained with: two voxels twice, two not at all. */
    LEGACY
  }

  public SwinUnetr {
    depths = List.copyOf(depths);
    heads = List.copyOf(heads);
    requireRange("feature", feature, 1, MAX_FEATURE);
    requireRange("number of depths", depths.size(), STAGES, STAGES);
    requireRange("number of heads", heads.size(), STAGES, STAGES);
    for (int i = 0; i < STAGES; i++) {
      requireRange("depths", depths.get(i), 1, MAX_DEPTH);
      requireRange("heads", heads.get(i), 1, feature << i);
      if ((feature << i) % heads.get(i) != 0) {
        throw new IllegalArgumentException(
            "heads: " + heads.get(i) + " do not divide the " + (feature << i) + " channels of stage " + i);
      }
    }
    requireRange("window", window, 2, MAX_WINDOW);
    requireRange("classes", classes, 2, 256);
  }

  public SwinUnetr(int feature, List<Integer> depths, List<Integer> heads, int window, int classes) {
    this(feature, depths, heads, window, Merging.CORRECTED, classes);
  }

  /** The network of the paper: 15,703,304 parameters at 14 classes. */
  public static SwinUnetr ofPaper(int classes) {
    return new SwinUnetr(24, List.of(2, 2, 2, 2), List.of(3, 6, 12, 24), 7, classes);
  }

  @Override
  public String name() {
    return "swin-unetr";
  }

  @Override
  public int featureChannels() {
    return feature;
  }

  @Override
  public int divisor() {
    return 2 << STAGES;
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    addWeight(specs, "embed.w", 8, feature, 1, 2, 2, 2);
    specs.add(new ParameterSpec("embed.b", new Shape(feature), Init.fanIn(8), false));
    for (int i = 0; i < STAGES; i++) {
      for (SwinBlock block : blocks(i)) {
        specs.addAll(block.parameters());
      }
      specs.addAll(merge("s" + i + ".merge", channels(i)));
    }
    specs.addAll(residual("enc1", 1, feature));
    specs.addAll(residual("enc2", channels(0), channels(0)));
    specs.addAll(residual("enc3", channels(1), channels(1)));
    specs.addAll(residual("enc4", channels(2), channels(2)));
    specs.addAll(residual("enc10", channels(4), channels(4)));
    for (int d = 5; d >= 1; d--) {
      int in = channels(d - 1);
      int out = decoderChannels(d);
      addWeight(specs, "dec" + d + ".wt", out * 8L, in, out, 2, 2, 2);
      specs.addAll(residual("dec" + d, 2 * out, out));
    }
    addWeight(specs, "out.w", feature, classes, feature, 1, 1, 1);
    specs.add(new ParameterSpec("out.b", new Shape(classes), Init.fanIn(feature), false));
    return List.copyOf(specs);
  }

  @Override
  public String script(Form form) {
    ScriptBody body = new ScriptBody(form, parameters());
    String image = body.input("x");
    String[] hidden = new String[STAGES + 1];
    String x = emitToTransformer(body, emitEmbedding(body, image));
    hidden[0] = emitHidden(body, form, x, channels(0));
    for (int i = 0; i < STAGES; i++) {
      for (SwinBlock block : blocks(i)) {
        x = block.emit(body, x);
      }
      x = emitMerge(body, "s" + i + ".merge", x);
      hidden[i + 1] = emitHidden(body, form, x, channels(i + 1));
    }
    String enc1 = emitResidual(body, "enc1", image, 1, feature);
    String enc2 = emitResidual(body, "enc2", hidden[0], channels(0), channels(0));
    String enc3 = emitResidual(body, "enc3", hidden[1], channels(1), channels(1));
    String enc4 = emitResidual(body, "enc4", hidden[2], channels(2), channels(2));
    String y = emitResidual(body, "enc10", hidden[4], channels(4), channels(4));
    y = emitDecoder(body, "dec5", y, hidden[3], decoderChannels(5));
    y = emitDecoder(body, "dec4", y, enc4, decoderChannels(4));
    y = emitDecoder(body, "dec3", y, enc3, decoderChannels(3));
    String last = emitDecoder(body, "dec2", y, enc2, decoderChannels(2));
    y = emitDecoder(body, "dec1", last, enc1, decoderChannels(1));
    String logits = body.output(body.conv(y, "out.w", "out.b", 1, 1));
    String results = "[" + logits + ", " + body.output(last) + "]";
    return SwinScript.methods(window, merging)
        + weightMethods(form, parameters())
        + ScriptBody.whole()
        + """
          def run(self: __torch__.Net, x: Tensor, p: List[Tensor], train: bool) -> List[Tensor]:
        """
        + body.text()
        + "    return " + results + "\n"
        + """
          def forward(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> List[Tensor]:
            return (self).run(x, p, False, )
          def train(self: __torch__.Net, x: Tensor, p: List[Tensor]) -> List[Tensor]:
            return (self).run(x, (self).layout(p, ), True, )
        """;
  }

  @Override
  public List<LayerCost> costs(Int3 size) {
    CostList.requireSize(this, size);
    CostList costs = new CostList(parameters());
    Int3[] hidden = new Int3[STAGES + 1];
    hidden[0] = size.dividedBy(Int3.cube(2));
    costs.convolution("embed.w", "embed.b", hidden[0]);
    for (int i = 0; i < STAGES; i++) {
      for (SwinBlock block : blocks(i)) {
        block.addCosts(costs, hidden[i]);
      }
      hidden[i + 1] = hidden[i].dividedBy(Int3.cube(2));
      String merge = "s" + i + ".merge";
      long merged = hidden[i + 1].product();
      costs.free(merge + ".nw", merge + ".nb");
      costs.charged(merge + ".norm", 4 * 8L * channels(i) * merged);
      costs.linear(merge + ".w", null, merged);
    }
    addResidualCosts(costs, "enc1", 1, feature, size);
    addResidualCosts(costs, "enc2", channels(0), channels(0), hidden[0]);
    addResidualCosts(costs, "enc3", channels(1), channels(1), hidden[1]);
    addResidualCosts(costs, "enc4", channels(2), channels(2), hidden[2]);
    addResidualCosts(costs, "enc10", channels(4), channels(4), hidden[4]);
    for (int d = 5; d >= 1; d--) {
      Int3 from = hidden[d - 1];
      Int3 to = from.times(Int3.cube(2));
      String up = "dec" + d + ".wt";
      costs.unbiased(up, costs.size(up) * from.product(), costs.size(up) * to.product());
      addResidualCosts(costs, "dec" + d, 2 * decoderChannels(d), decoderChannels(d), to);
    }
    costs.convolution("out.w", "out.b", size);
    return costs.list();
  }

  private static void addResidualCosts(CostList costs, String name, int in, int out, Int3 size) {
    long voxels = size.product();
    List<ParameterSpec> weights = residual(name, in, out);
    for (ParameterSpec weight : weights) {
      long macs = weight.size() * voxels;
      costs.unbiased(weight.name(), macs, macs);
    }
    costs.charged(name + ".norms", 2L * out * voxels * weights.size());
  }

  /** Weights in the form's layout and precision; the biases of positions stay in that of the scores. */
  static String weightMethods(Form form, List<ParameterSpec> specs) {
    StringJoiner list = new StringJoiner(", ");
    for (int i = 0; i < specs.size(); i++) {
      String p = "p[" + i + "]";
      list.add(
          specs.get(i).name().endsWith(".table")
              ? "(self).spread(" + p + ", )"
              : ScriptBody.laidOut(form, p, specs.get(i).shape().dimension()));
    }
    return """
      def layout(self: __torch__.Net, p: List[Tensor]) -> List[Tensor]:
        return [LIST]
      def prepare(self: __torch__.Net, p: List[Tensor]) -> List[Tensor]:
        q = (self).layout(p, )
        return [torch.clone(a) for a in q]
    """
        .replace("LIST", list.toString());
  }

  static List<ParameterSpec> merge(String name, int in) {
    List<ParameterSpec> specs = new ArrayList<>();
    specs.add(new ParameterSpec(name + ".nw", new Shape(8L * in), Init.constant(1), false));
    specs.add(new ParameterSpec(name + ".nb", new Shape(8L * in), Init.constant(0), false));
    addWeight(specs, name + ".w", 8L * in, 2L * in, 8L * in);
    return specs;
  }

  static List<ParameterSpec> residual(String name, int in, int out) {
    List<ParameterSpec> specs = new ArrayList<>();
    addWeight(specs, name + ".w1", in * 27L, out, in, 3, 3, 3);
    addWeight(specs, name + ".w2", out * 27L, out, out, 3, 3, 3);
    if (in != out) {
      addWeight(specs, name + ".w3", in, out, in, 1, 1, 1);
    }
    return specs;
  }

  static String emitMerge(ScriptBody body, String name, String x) {
    return body.let("(self).merge(%s, p, %d, )".formatted(x, body.index(name + ".nw")));
  }

  private static String emitEmbedding(ScriptBody body, String image) {
    return body.let(
        "torch.conv3d(%s, %s, %s, [2, 2, 2], [0, 0, 0], [1, 1, 1], 1)"
            .formatted(image, body.parameter("embed.w"), body.parameter("embed.b")));
  }

  private static String emitToTransformer(ScriptBody body, String x) {
    return body.let("torch.contiguous(torch.permute(" + x + ", [0, 2, 3, 4, 1]))");
  }

  /** A hidden state for the decoder, [B, C, X, Y, Z] again. */
  private static String emitHidden(ScriptBody body, Form form, String x, int channels) {
    String y =
        body.let("torch.layer_norm(%s, [%d], None, None, %s, False)".formatted(x, channels, ScriptBody.EPSILON));
    y = body.let("torch.permute(" + y + ", [0, 4, 1, 2, 3])");
    return form.channelsLast() ? y : body.let("torch.contiguous(" + y + ")");
  }

  private static String emitResidual(ScriptBody body, String name, String x, int in, int out) {
    String y = emitConvNorm(body, x, name + ".w1", 3, out);
    y = emitRelu(body, y);
    y = emitConvNorm(body, y, name + ".w2", 3, out);
    String shortcut = in == out ? x : emitConvNorm(body, x, name + ".w3", 1, out);
    return emitRelu(body, body.let("torch.add_(" + y + ", " + shortcut + ")"));
  }

  private static String emitDecoder(ScriptBody body, String name, String x, String skip, int out) {
    String up =
        body.let(
            "torch.conv_transpose3d(%s, %s, None, [2, 2, 2], [0, 0, 0], [0, 0, 0], 1, [1, 1, 1])"
                .formatted(x, body.parameter(name + ".wt")));
    return emitResidual(body, name, body.concatenate(up, skip), 2 * out, out);
  }

  private static String emitConvNorm(ScriptBody body, String x, String weight, int kernel, int channels) {
    int pad = kernel / 2;
    String y =
        body.let(
            "torch.conv3d(%s, %s, None, [1, 1, 1], [%d, %d, %d], [1, 1, 1], 1)"
                .formatted(x, body.parameter(weight), pad, pad, pad));
    return body.let("torch.group_norm(%s, %d, None, None, %s, False)".formatted(y, channels, ScriptBody.EPSILON));
  }

  /** In place: neither a norm nor a sum needs its own result to be differentiated. */
  private static String emitRelu(ScriptBody body, String x) {
    return body.let("torch.leaky_relu_(" + x + ", " + SLOPE + ")");
  }

  private List<SwinBlock> blocks(int stage) {
    List<SwinBlock> blocks = new ArrayList<>();
    for (int j = 0; j < depths.get(stage); j++) {
      int shift = j % 2 == 0 ? 0 : window / 2;
      blocks.add(
          new SwinBlock("s" + stage + ".b" + j, channels(stage), heads.get(stage), window, shift));
    }
    return blocks;
  }

  /** Channels of hidden state i. */
  private int channels(int i) {
    return feature << i;
  }

  /** Output channels of decoder block d: its input's half, but for the last one, which is at full resolution. */
  private int decoderChannels(int d) {
    return d == 1 ? feature : channels(d - 2);
  }

  private static void addWeight(List<ParameterSpec> specs, String name, long fanIn, long... shape) {
    specs.add(new ParameterSpec(name, new Shape(shape), Init.fanIn(fanIn), true));
  }

  private static void requireRange(String key, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(key + ": " + value + " is not in " + least + " to " + most);
    }
  }
}

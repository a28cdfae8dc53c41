package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.ParameterSpec.Init;

/**
 * Residual U-Net with transposed convolutions (NMSW §10.1) for any list of at least three channel counts c.
 *
 * <p>Encoder block {@code d<i>} (in -> c<sub>i</sub>, stride 2 but 1 in the last): twice conv 3 + instance
 * norm + PReLU, plus a convolution of the input with the same stride (the identity where neither size nor
 * channels change). Parameters {@code w0 b0 a0 w1 b1 a1 wr br}: weights, biases and slopes of the first and
 * second convolution, then the residual.
 *
 * <p>Decoder block {@code u<j>} takes the previous output and the encoder's output of the same size: a
 * transposed conv 3 + norm + PReLU doubles the size, then conv 3 + norm + PReLU is added to that.
 * Parameters {@code wt bt at w b a}. The last block gives the logits at the size of the input; its second
 * convolution is bare and has no {@code a}.
 *
 * @param channels encoder channels; the paper's are 32, 64, 128, 256, 320, 320
 * @param classes output channels, background included
 */
public record UNet(List<Integer> channels, int classes) implements Backbone {
  private static final int MAX_CHANNELS = 4096;
  private static final int MAX_LEVELS = 8;
  private static final long TAPS = 27;
  private static final double SLOPE = 0.25;

  public UNet {
    channels = List.copyOf(channels);
    if (channels.size() < 3 || channels.size() > MAX_LEVELS) {
      throw new IllegalArgumentException(
          "channels lists " + channels.size() + " levels; a U-Net has 3 to " + MAX_LEVELS);
    }
    for (int count : channels) {
      if (count < 1 || count > MAX_CHANNELS) {
        throw new IllegalArgumentException("channels: " + count + " is not in 1 to " + MAX_CHANNELS);
      }
    }
    if (classes < 2 || classes > 256) {
      throw new IllegalArgumentException(classes + " classes; allowed are 2 to 256");
    }
  }

  /** The network of the paper: 26,522,045 parameters at 14 classes. */
  public static UNet ofPaper(int classes) {
    return new UNet(List.of(32, 64, 128, 256, 320, 320), classes);
  }

  @Override
  public String name() {
    return "unet";
  }

  @Override
  public int featureChannels() {
    return channels.get(0);
  }

  @Override
  public int divisor() {
    return 1 << (channels.size() - 1);
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    for (int i = 0; i < channels.size(); i++) {
      specs.addAll(encoder("d" + i, encoderInput(i), channels.get(i), encoderStride(i)));
    }
    for (int j = 0; j < decoders(); j++) {
      specs.addAll(decoder("u" + j, decoderInput(j), decoderOutput(j), j == decoders() - 1));
    }
    return List.copyOf(specs);
  }

  @Override
  public String script(Form form) {
    return script(form, PendingLogits.SLAB_BYTES);
  }

  /**
   * @param slabBytes what is held at once of a map with a channel per class, see {@link UNetScript}
   */
  String script(Form form, long slabBytes) {
    ScriptBody body = new ScriptBody(form, parameters());
    Trunk trunk = emitTrunk(body);
    String top = "u" + (decoders() - 1);
    String logits = emitDecoder(body, top, trunk.feature(), trunk.skip(), classes, true);
    if (!form.channelsLast()) {
      return body.network(logits, trunk.feature());
    }
    ScriptBody inference = new ScriptBody(form, parameters());
    Trunk inferred = emitTrunk(inference);
    String joined = inference.concatenate(inferred.feature(), inferred.skip());
    String begun = "(self).top(%s, %s, p, )".formatted(inference.output(inferred.feature()), joined);
    return body.network(
        logits,
        trunk.feature(),
        UNetScript.methods(inference.index(top + ".wt"), classes, form, slabBytes)
            + inference.method("begin", begun));
  }

  /** What the last block takes: the feature and the encoder's first output. */
  private record Trunk(String feature, String skip) {}

  /** All blocks but the last. */
  private Trunk emitTrunk(ScriptBody body) {
    List<String> skips = new ArrayList<>();
    String x = body.input("x");
    for (int i = 0; i < channels.size(); i++) {
      x = emitEncoder(body, "d" + i, x, encoderInput(i), channels.get(i), encoderStride(i));
      skips.add(x);
    }
    for (int j = 0; j < decoders() - 1; j++) {
      String skip = skips.get(channels.size() - 2 - j);
      x = emitDecoder(body, "u" + j, x, skip, decoderOutput(j), false);
    }
    return new Trunk(x, skips.get(0));
  }

  @Override
  public List<LayerCost> costs(Int3 size) {
    CostList.requireSize(this, size);
    CostList costs = new CostList(parameters());
    Int3 two = Int3.cube(2);
    for (int i = 0; i < channels.size(); i++) {
      size = size.dividedBy(Int3.cube(encoderStride(i)));
      String block = "d" + i;
      costs.convolution(block + ".w0", block + ".b0", size);
      costs.normAndPrelu(block + ".a0", channels.get(i), size);
      costs.convolution(block + ".w1", block + ".b1", size);
      costs.normAndPrelu(block + ".a1", channels.get(i), size);
      if (projects(encoderInput(i), channels.get(i), encoderStride(i))) {
        costs.convolution(block + ".wr", block + ".br", size);
      }
    }
    for (int j = 0; j < decoders(); j++) {
      String block = "u" + j;
      costs.transposed(block + ".wt", block + ".bt", size, size.times(two));
      size = size.times(two);
      costs.normAndPrelu(block + ".at", decoderOutput(j), size);
      costs.convolution(block + ".w", block + ".b", size);
      if (j < decoders() - 1) {
        costs.normAndPrelu(block + ".a", decoderOutput(j), size);
      }
    }
    return costs.list();
  }

  static List<ParameterSpec> encoder(String block, int in, int out, int stride) {
    List<ParameterSpec> specs = new ArrayList<>();
    addConvolution(specs, block, "w0", "b0", out, in, 3);
    specs.add(slope(block + ".a0"));
    addConvolution(specs, block, "w1", "b1", out, out, 3);
    specs.add(slope(block + ".a1"));
    if (projects(in, out, stride)) {
      addConvolution(specs, block, "wr", "br", out, in, residualKernel(stride));
    }
    return specs;
  }

  static List<ParameterSpec> decoder(String block, int in, int out, boolean top) {
    List<ParameterSpec> specs = new ArrayList<>();
    Init init = Init.fanIn(out * TAPS);
    specs.add(new ParameterSpec(block + ".wt", new Shape(in, out, 3, 3, 3), init, true));
    specs.add(new ParameterSpec(block + ".bt", new Shape(out), init, false));
    specs.add(slope(block + ".at"));
    addConvolution(specs, block, "w", "b", out, out, 3);
    if (!top) {
      specs.add(slope(block + ".a"));
    }
    return specs;
  }

  static String emitEncoder(ScriptBody body, String block, String x, int in, int out, int stride) {
    String y = body.conv(x, block + ".w0", block + ".b0", 3, stride);
    y = body.prelu(body.norm(y, out), block + ".a0");
    y = body.conv(y, block + ".w1", block + ".b1", 3, 1);
    y = body.prelu(body.norm(y, out), block + ".a1");
    String residual =
        projects(in, out, stride)
            ? body.conv(x, block + ".wr", block + ".br", residualKernel(stride), stride)
            : x;
    return body.add(y, residual);
  }

  static String emitDecoder(
      ScriptBody body, String block, String x, String skip, int out, boolean top) {
    String t = body.doubling(body.concatenate(x, skip), block + ".wt", block + ".bt");
    t = body.prelu(body.norm(t, out), block + ".at");
    String y = body.conv(t, block + ".w", block + ".b", 3, 1);
    if (!top) {
      y = body.prelu(body.norm(y, out), block + ".a");
    }
    return body.add(y, t);
  }

  private int encoderInput(int i) {
    return i == 0 ? 1 : channels.get(i - 1);
  }

  private int encoderStride(int i) {
    return i == channels.size() - 1 ? 1 : 2;
  }

  private int decoders() {
    return channels.size() - 1;
  }

  private int decoderInput(int j) {
    int level = channels.size() - 2 - j;
    return channels.get(j == 0 ? level + 1 : level) + channels.get(level);
  }

  private int decoderOutput(int j) {
    return j == decoders() - 1 ? classes : channels.get(channels.size() - 3 - j);
  }

  private static boolean projects(int in, int out, int stride) {
    return stride != 1 || in != out;
  }

  private static int residualKernel(int stride) {
    return stride == 1 ? 1 : 3;
  }

  private static void addConvolution(
      List<ParameterSpec> specs, String block, String weight, String bias, int out, int in, int kernel) {
    Init init = Init.fanIn((long) in * kernel * kernel * kernel);
    Shape shape = new Shape(out, in, kernel, kernel, kernel);
    specs.add(new ParameterSpec(block + "." + weight, shape, init, true));
    specs.add(new ParameterSpec(block + "." + bias, new Shape(out), init, false));
  }

  private static ParameterSpec slope(String name) {
    return new ParameterSpec(name, new Shape(1), Init.constant(SLOPE), false);
  }
}

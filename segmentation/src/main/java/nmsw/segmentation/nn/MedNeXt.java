package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.MedNeXtBlock.Kind;

/**
 * MedNeXt (NMSW §10.2): an encoder and a decoder of inverted bottlenecks, their skip connections added.
 *
 * <p>The lists run from the encoder's full resolution over the bottleneck back to the decoder's: for L
 * halvings they hold e<sub>0</sub> .. e<sub>L-1</sub>, the bottleneck, d<sub>L-1</sub> .. d<sub>0</sub>,
 * 2L + 1 numbers. Level l is {@code channels * 2^l} wide.
 *
 * <p>A block is a depthwise convolution, a norm of each channel with scale and shift, an expansion by a 1x1x1
 * convolution, GELU and a compression by another one; parameters {@code dw dwb gw gb w2 b2 w3 b3}. Blocks
 * {@code e<l>.<i>}, {@code bott.<i>} and {@code dec<l>.<i>} keep size and width and add their input. {@code
 * d<l>} leads from level l to l + 1: its depthwise convolution has stride 2, its residual {@code wr br} is a
 * 1x1x1 convolution of stride 2. {@code u<l>} leads back from level l + 1: transposed convolutions, both of
 * which give 2n - 1 voxels per axis, which a plane of zeros in front makes 2n. {@code stem} and {@code out},
 * with {@code w b}, are 1x1x1; {@code out.w} is [channels, classes, 1, 1, 1], that of a transposed convolution,
 * as it is in the published network.
 *
 * @param channels width at full resolution; the paper's is 32
 * @param blocks number of blocks of each level; the paper's are 3, 4, 4, 4, 4, 4, 4, 4, 3
 * @param expansion factor of the expansion of each level, which the block that leads to the level shares; the
 *     paper's are 2, 3, 4, 4, 4, 4, 4, 3, 2
 * @param kernel edge of the depthwise kernels, odd, 3 to 7; the paper's is 3
 * @param classes output channels, background included
 */
public record MedNeXt(
    int channels, List<Integer> blocks, List<Integer> expansion, int kernel, int classes)
    implements Backbone {
  private static final int MAX_WIDTH = 4096;
  private static final int MIN_HALVINGS = 2;
  private static final int MAX_HALVINGS = 6;
  private static final int MAX_BLOCKS = 32;
  private static final int MAX_EXPANSION = 16;
  private static final int MIN_KERNEL = 3;
  private static final int MAX_KERNEL = 7;

  public MedNeXt {
    blocks = List.copyOf(blocks);
    expansion = List.copyOf(expansion);
    int count = blocks.size();
    require(
        count % 2 == 1 && count >= 2 * MIN_HALVINGS + 1 && count <= 2 * MAX_HALVINGS + 1,
        "blocks lists " + count + " levels; a MedNeXt has 5, 7, 9, 11 or 13");
    require(
        expansion.size() == count,
        "expansion lists " + expansion.size() + " levels where blocks lists " + count);
    requireRange("channels", channels, 1, MAX_WIDTH >> (count / 2));
    blocks.forEach(value -> requireRange("blocks", value, 1, MAX_BLOCKS));
    expansion.forEach(value -> requireRange("expansion", value, 1, MAX_EXPANSION));
    requireRange("kernel", kernel, MIN_KERNEL, MAX_KERNEL);
    require(kernel % 2 == 1, "kernel " + kernel + " is even");
    requireRange("classes", classes, 2, 256);
  }

  /** The network of the paper (MedNeXt-M, kernel 3). */
  public static MedNeXt ofPaper(int classes) {
    return new MedNeXt(
        32, List.of(3, 4, 4, 4, 4, 4, 4, 4, 3), List.of(2, 3, 4, 4, 4, 4, 4, 3, 2), 3, classes);
  }

  @Override
  public String name() {
    return "mednext";
  }

  @Override
  public int featureChannels() {
    return width(1);
  }

  @Override
  public int divisor() {
    return 1 << halvings();
  }

  /**
   * {@inheritDoc}
   *
   * <p>Two more than {@link #parameterCount()}: the published network registers two scalars that no layer
   * uses, and the paper's tool counts them.
   */
  @Override
  public long paperParameterCount() {
    return parameterCount() + 2;
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    MedNeXtBlock.addPair(specs, "stem.w", "stem.b", new Shape(channels, 1, 1, 1, 1), channels, 1);
    stages().forEach(stage -> specs.addAll(stage.block().parameters()));
    MedNeXtBlock.addPair(specs, "out.w", "out.b", new Shape(channels, classes, 1, 1, 1), classes, classes);
    return List.copyOf(specs);
  }

  @Override
  public String script(Form form) {
    ScriptBody plain = new ScriptBody(form, parameters());
    Results results = emit(plain, MedNeXtBlock::emit);
    if (!form.channelsLast()) {
      return plain.network(results.logits(), results.feature()) + partMethods(form);
    }
    ScriptBody inference = new ScriptBody(form, parameters());
    Results inferred = emit(inference, MedNeXtBlock::emitInference);
    return MedNeXtScript.methods(kernel)
        + plain.network(
            results.logits(),
            results.feature(),
            inference.method("forward", inferred.logits(), inferred.feature()) + ScriptBody.whole());
  }

  /** {@inheritDoc} The stem, each block, and the last layer. */
  @Override
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    int[] skips = new int[halvings()];
    parts.add(new Part(partMethod(0), List.of(0)));
    for (Stage stage : stages()) {
      int x = parts.size();
      List<Integer> inputs = List.of(x);
      switch (stage.block().kind()) {
        case SAME -> {}
        case DOWN -> skips[stage.level() - 1] = x;
        case UP -> inputs = List.of(x, skips[stage.level()]);
      }
      parts.add(new Part(partMethod(x), inputs));
    }
    parts.add(new Part(partMethod(parts.size()), List.of(parts.size())));
    return List.copyOf(parts);
  }

  private static String partMethod(int part) {
    return "part" + part;
  }

  private String partMethods(Form form) {
    ScriptBody stem = new ScriptBody(form, parameters());
    StringBuilder methods = new StringBuilder();
    int part = 0;
    methods.append(stem.method(partMethod(part++), "[" + stem.conv("x", "stem.w", "stem.b", 1, 1) + "]"));
    for (Stage stage : stages()) {
      ScriptBody body = new ScriptBody(form, parameters());
      boolean doubles = stage.block().kind() == Kind.UP;
      String result = "[" + stage.block().emit(body, "x", "skip") + "]";
      methods.append(body.method(partMethod(part++), doubles ? List.of("x", "skip") : List.of("x"), result));
    }
    ScriptBody last = new ScriptBody(form, parameters());
    return methods
        .append(last.method(partMethod(part), "[" + last.transposedPointwise("x", "out.w", "out.b") + "]"))
        .toString();
  }

  /** How a block is written; {@code skip} is null but for a block that doubles. */
  private interface Writing {
    String emit(MedNeXtBlock block, ScriptBody body, String x, String skip);
  }

  private record Results(String logits, String feature) {}

  private Results emit(ScriptBody body, Writing writing) {
    String[] skips = new String[halvings()];
    String feature = null;
    String x = body.conv(body.input("x"), "stem.w", "stem.b", 1, 1);
    for (Stage stage : stages()) {
      String skip = null;
      switch (stage.block().kind()) {
        case SAME -> {}
        case DOWN -> skips[stage.level() - 1] = x;
        case UP -> {
          feature = x;
          skip = skips[stage.level()];
        }
      }
      x = writing.emit(stage.block(), body, x, skip);
    }
    return new Results(body.transposedPointwise(x, "out.w", "out.b"), feature);
  }

  @Override
  public List<LayerCost> costs(Int3 size) {
    CostList.requireSize(this, size);
    CostList costs = new CostList(parameters());
    costs.convolution("stem.w", "stem.b", size);
    for (Stage stage : stages()) {
      size = stage.block().addCosts(costs, size);
    }
    costs.convolution("out.w", "out.b", size);
    return costs.list();
  }

  /** A block and the level that its output belongs to. */
  private record Stage(MedNeXtBlock block, int level) {}

  /** All blocks in the order of the data's way. */
  private List<Stage> stages() {
    List<Stage> stages = new ArrayList<>();
    int bottom = halvings();
    for (int level = 0; level < bottom; level++) {
      addEqual(stages, "e" + level, level, level);
      stages.add(step("d" + level, Kind.DOWN, level, level + 1, level + 1));
    }
    addEqual(stages, "bott", bottom, bottom);
    for (int level = bottom - 1; level >= 0; level--) {
      int entry = 2 * bottom - level;
      stages.add(step("u" + level, Kind.UP, level + 1, level, entry));
      addEqual(stages, "dec" + level, level, entry);
    }
    return stages;
  }

  private void addEqual(List<Stage> stages, String name, int level, int entry) {
    for (int i = 0; i < blocks.get(entry); i++) {
      stages.add(step(name + "." + i, Kind.SAME, level, level, entry));
    }
  }

  private Stage step(String name, Kind kind, int from, int to, int entry) {
    MedNeXtBlock block =
        new MedNeXtBlock(name, kind, width(from), width(to), expansion.get(entry), kernel);
    return new Stage(block, to);
  }

  private int halvings() {
    return blocks.size() / 2;
  }

  private int width(int level) {
    return channels << level;
  }

  private static void requireRange(String key, int value, int least, int most) {
    require(value >= least && value <= most, key + ": " + value + " is not in " + least + " to " + most);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}

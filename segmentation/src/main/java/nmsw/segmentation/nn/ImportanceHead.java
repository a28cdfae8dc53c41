package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.ParameterSpec.Init;

/**
 * Objectness of every grid cell from the global network's feature (NMSW §4 steps 3-5): one vector per cell,
 * then four linear layers Ci -> Ci/2 -> Ci/2 -> 1 -> 1, LeakyReLU(0.1) after the first two, clipped from
 * above at 70.
 */
public final class ImportanceHead implements AutoCloseable {
  private static final String SCRIPT =
      """
        def forward(self: __torch__.Net, f: Tensor, x: Tensor, \
            y: Tensor, z: Tensor, p: List[Tensor]) -> Tensor:
          a = torch.einsum("cxyz,ix,jy,kz->ijkc", [torch.select(f, 0, 0), x, y, z], path=None)
          b = torch.leaky_relu(torch.linear(a, p[0], p[1]), 0.10000000000000001)
          c = torch.leaky_relu(torch.linear(b, p[2], p[3]), 0.10000000000000001)
          d = torch.linear(torch.linear(c, p[4], p[5]), p[6], p[7])
          return torch.reshape(torch.clamp_max(d, 70.), [-1])
      """;

  private final ScriptModule module;

  private ImportanceHead(ScriptModule module) {
    this.module = module;
  }

  public static ImportanceHead compile(NDManager manager) {
    return new ImportanceHead(ScriptModule.compile(manager, SCRIPT));
  }

  /** Weights {@code w0 b0 .. w3 b3}, each [out, in] and [out]. */
  public static List<ParameterSpec> parameters(int featureChannels) {
    int hidden = Math.max(1, featureChannels / 2);
    int[] widths = {featureChannels, hidden, hidden, 1, 1};
    List<ParameterSpec> specs = new ArrayList<>();
    for (int layer = 0; layer < 4; layer++) {
      int in = widths[layer];
      int out = widths[layer + 1];
      Init init = Init.fanIn(in);
      specs.add(new ParameterSpec("w" + layer, new Shape(out, in), init, true));
      specs.add(new ParameterSpec("b" + layer, new Shape(out), init, false));
    }
    return List.copyOf(specs);
  }

  /** What the layers cost for so many cells; sampling the feature is not counted. */
  static List<LayerCost> costs(int featureChannels, Int3 cells) {
    CostList costs = new CostList(parameters(featureChannels));
    for (int layer = 0; layer < 4; layer++) {
      costs.convolution("w" + layer, "b" + layer, cells);
    }
    return costs.list();
  }

  /**
   * @param feature (1, Ci, X, Y, Z)
   * @param gradients true to record for back-propagation to the feature and the weights
   * @return objectness logits, one per cell in flat order, attached to the feature's manager
   */
  public NDArray objectness(
      NDArray feature, CellSampling sampling, List<NDArray> weights, boolean gradients) {
    Shape shape = feature.getShape();
    Int3 size = sampling.feature();
    if (shape.dimension() != 5
        || shape.get(0) != 1
        || shape.get(2) != size.x()
        || shape.get(3) != size.y()
        || shape.get(4) != size.z()) {
      throw new IllegalArgumentException("feature of shape " + shape + " where 1xCx" + size + " is sampled");
    }
    List<NDArray> arguments = new ArrayList<>();
    arguments.add(feature);
    arguments.addAll(sampling.arrays(feature.getManager(), feature.getDataType()));
    return module.call("forward", arguments, weights, gradients).singletonOrThrow();
  }

  @Override
  public void close() {
    module.close();
  }
}

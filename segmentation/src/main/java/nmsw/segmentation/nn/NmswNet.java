package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.ParameterSpec.Init;

/**
 * The whole network: a global and a local backbone, the importance head on the global one and one class
 * weight c per class (NMSW eq. 6). One set of named parameters: {@code global.*}, {@code head.*}, {@code
 * local.*}, {@code class_weight}.
 */
public record NmswNet(Backbone global, Backbone local) {
  /** Prefix of the global backbone's parameters. */
  public static final String GLOBAL = "global.";

  /** Prefix of the importance head's parameters. */
  public static final String HEAD = "head.";

  /** Prefix of the local backbone's parameters. */
  public static final String LOCAL = "local.";

  /** Name of the class weights c, [classes], before the sigmoid; initially 0. */
  public static final String CLASS_WEIGHT = "class_weight";

  public NmswNet {
    if (global.classes() != local.classes()) {
      throw new IllegalArgumentException(
          "global network with " + global.classes() + " classes, local with " + local.classes());
    }
  }

  public int classes() {
    return local.classes();
  }

  /** All parameters in their fixed order; the parts are found in {@link Parameters} by their prefix. */
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> specs = new ArrayList<>();
    add(specs, GLOBAL, global.parameters());
    add(specs, HEAD, ImportanceHead.parameters(global.featureChannels()));
    add(specs, LOCAL, local.parameters());
    specs.add(new ParameterSpec(CLASS_WEIGHT, new Shape(classes()), Init.constant(0), false));
    return List.copyOf(specs);
  }

  private static void add(List<ParameterSpec> all, String prefix, List<ParameterSpec> part) {
    part.forEach(spec -> all.add(spec.under(prefix)));
  }
}

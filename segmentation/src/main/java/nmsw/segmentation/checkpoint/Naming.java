package nmsw.segmentation.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.SwinUnetr;
import nmsw.segmentation.nn.UNet;

/**
 * How one implementation of a backbone names its parameters, without any prefix.
 *
 * @param title of the implementation, for people
 * @param tensors by our parameters' names, in our order
 * @param skipFirst whether U-Net decoders concatenate (skip, current) rather than (current, skip)
 * @param others what else a checkpoint of it holds
 */
record Naming(String title, Map<String, String> tensors, boolean skipFirst, Others others) {

  /** Tensors of a checkpoint that inference does not need. */
  interface Others {
    /** What the tensor is, if it is known to be no parameter of ours. */
    Optional<Known> find(String tensor);
  }

  /** A tensor that is known and not taken. */
  interface Known {
    /**
     * @throws ImportRefusal if its values are not those that our network computes by itself
     */
    void verify(TensorSource tensor) throws IOException;
  }

  private static final Known UNCHECKED = tensor -> {};

  /** Ours and the public implementation's. */
  static List<Naming> of(Backbone backbone) {
    List<Naming> namings = new ArrayList<>();
    namings.add(named("NMSW Node", backbone, name -> name, false, tensor -> Optional.empty()));
    switch (backbone.name()) {
      case "unet" ->
          namings.add(
              named("MONAI UNet", backbone, new MonaiUNetNames((UNet) backbone)::tensor, true,
                  tensor -> Optional.empty()));
      case "mednext" ->
          namings.add(
              named("MedNeXt", backbone, MedNeXtNames::tensor, false,
                  tensor -> MedNeXtNames.isOther(tensor) ? Optional.of(UNCHECKED) : Optional.empty()));
      case "swin-unetr" -> {
        int window = ((SwinUnetr) backbone).window();
        namings.add(
            named("MONAI SwinUNETR", backbone, SwinUnetrNames::tensor, false,
                tensor -> SwinUnetrNames.other(tensor, window)));
      }
      default -> {}
    }
    return namings;
  }

  /** Ours, for a network whose every parameter is renamed by the user. */
  static Naming ofMapping(Backbone backbone) {
    return named("the mapping", backbone, name -> name, false, tensor -> Optional.empty());
  }

  private interface Rename {
    String tensor(String parameter);
  }

  private static Naming named(
      String title, Backbone backbone, Rename rename, boolean skipFirst, Others others) {
    Map<String, String> tensors = new LinkedHashMap<>();
    for (ParameterSpec spec : backbone.parameters()) {
      tensors.put(spec.name(), rename.tensor(spec.name()));
    }
    return new Naming(title, tensors, skipFirst, others);
  }

  /**
   * Channels of the encoder's output in what a parameter is multiplied with: of a U-Net's transposed
   * convolution, which is the one that takes a concatenation, else 0.
   */
  static int skipChannels(Backbone backbone, String parameter) {
    if (backbone instanceof UNet net && parameter.matches("u\\d+\\.wt")) {
      int decoder = Integer.parseInt(parameter.substring(1, parameter.indexOf('.')));
      return net.channels().get(net.channels().size() - 2 - decoder);
    }
    return 0;
  }

  /** Name of the first parameter's tensor, by which a network is found in a checkpoint. */
  String first() {
    return tensors.values().iterator().next();
  }

  /** What stands before {@link #first()} wherever it occurs among the names. */
  List<String> prefixes(Iterable<String> names) {
    List<String> prefixes = new ArrayList<>();
    for (String name : names) {
      if (name.equals(first()) || name.endsWith("." + first())) {
        prefixes.add(name.substring(0, name.length() - first().length()));
      }
    }
    return prefixes;
  }
}

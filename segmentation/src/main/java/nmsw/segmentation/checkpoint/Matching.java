package nmsw.segmentation.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.segmentation.checkpoint.NameMapping.Skip;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Safetensors.Tensor;

/**
 * Finds parameters of a network in one checkpoint and keeps account: which tensors were taken, which are
 * known not to be needed, and everything that is wrong.
 */
final class Matching {
  /** A network found in the checkpoint by its names. */
  record Found(Naming naming, String prefix) {}

  /**
   * A parameter and the tensor that gives its values.
   *
   * @param skipChannels input channels that come first and belong last, see {@link Naming#skipChannels}
   */
  private record Match(ParameterSpec parameter, String tensor, TensorSource source, int skipChannels) {}

  private final Checkpoint checkpoint;
  private final NameMapping mapping;
  private final List<Match> matches = new ArrayList<>();
  private final Set<String> used = new LinkedHashSet<>();
  private final Set<String> known = new LinkedHashSet<>();
  private final Map<String, Found> networks = new LinkedHashMap<>();
  private final List<String> problems = new ArrayList<>();

  Matching(Checkpoint checkpoint, NameMapping mapping) {
    this.checkpoint = checkpoint;
    this.mapping = mapping;
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Everything that is wrong, a line each, beginning with the file's name. */
  List<String> problems() {
    return problems.stream().map(problem -> checkpoint.file() + ": " + problem).toList();
  }

  /** The networks that were found, by our prefix: {@code global.} and {@code local.}. */
  Map<String, Found> networks() {
    return networks;
  }

  /** Number of tensors that gave values. */
  int taken() {
    return matches.size();
  }

  /** Tensors that are in the file and were not taken: known ones, then those that the mapping ignores. */
  List<String> leftOut() {
    List<String> names = new ArrayList<>(known);
    checkpoint.state().tensors().keySet().stream()
        .filter(name -> !used.contains(name) && !known.contains(name) && mapping.ignores(name))
        .forEach(names::add);
    return names;
  }

  /**
   * Finds all parameters of a backbone.
   *
   * @param part our prefix, {@link NmswNet#GLOBAL} or {@link NmswNet#LOCAL}
   */
  void backbone(String part, Backbone backbone) throws IOException {
    Optional<Found> found = find(part, backbone);
    if (found.isEmpty()) {
      return;
    }
    Naming naming = found.get().naming();
    String prefix = found.get().prefix();
    networks.put(part, found.get());
    boolean skipFirst = mapping.skip().map(skip -> skip == Skip.FIRST).orElse(naming.skipFirst());
    for (ParameterSpec own : backbone.parameters()) {
      ParameterSpec parameter = own.under(part);
      String tensor =
          mapping.rename().getOrDefault(parameter.name(), prefix + naming.tensors().get(own.name()));
      take(parameter, tensor, false, skipFirst ? Naming.skipChannels(backbone, own.name()) : 0);
    }
    findKnown(found.get());
  }

  /**
   * Finds the importance head's parameters, where the checkpoint has them.
   *
   * @return whether it has any
   */
  boolean head(List<ParameterSpec> parameters) {
    Map<String, String> tensors = new LinkedHashMap<>();
    for (ParameterSpec parameter : parameters) {
      String own = parameter.name().substring(NmswNet.HEAD.length());
      String ours = base(NmswNet.GLOBAL) + parameter.name();
      String renamed = mapping.rename().getOrDefault(parameter.name(), ours);
      tensors.put(parameter.name(), mapping.head().getOrDefault(own, renamed));
    }
    boolean mapped =
        parameters.stream().anyMatch(parameter -> mapping.rename().containsKey(parameter.name()));
    if (!mapped
        && mapping.head().isEmpty()
        && tensors.values().stream().noneMatch(checkpoint.state().tensors()::containsKey)) {
      return false;
    }
    parameters.forEach(parameter -> take(parameter, tensors.get(parameter.name()), true, 0));
    return true;
  }

  /**
   * Finds the class weights, where the checkpoint has them.
   *
   * @return whether it has
   */
  boolean classWeight(ParameterSpec parameter) {
    String ours = base(NmswNet.LOCAL) + parameter.name();
    String tensor = mapping.rename().getOrDefault(parameter.name(), ours);
    if (!mapping.rename().containsKey(parameter.name())
        && !checkpoint.state().tensors().containsKey(tensor)) {
      return false;
    }
    take(parameter, tensor, true, 0);
    return true;
  }

  /** Notes the tensors that nothing has taken, that are not known, and that the mapping does not ignore. */
  void finish() {
    checkpoint.state().tensors().forEach(
        (name, tensor) -> {
          if (!used.contains(name) && !known.contains(name) && !mapping.ignores(name)) {
            problems.add(
                "tensor " + ImportRefusal.shown(name) + " " + tensor.shape()
                    + " belongs to no parameter; if it is not needed, list it under ignore in the mapping");
          }
        });
  }

  /** Reads the values of all matches into {@code weights}, in the order and shape of our parameters. */
  void read(Map<String, Tensor> weights) throws IOException {
    for (Match match : matches) {
      String name = ImportRefusal.shown(match.tensor());
      float[] values;
      try {
        values = match.source().read();
      } catch (IOException e) {
        throw new ImportRefusal(checkpoint.file() + ": tensor " + name + ": " + e.getMessage(), e);
      }
      Tensor tensor =
          new Tensor(
              match.parameter().shape(),
              skipLast(values, match.parameter().shape(), match.skipChannels()));
      int at = tensor.firstNotFinite();
      if (at >= 0) {
        problems.add(
            "tensor " + name + " holds " + tensor.values()[at] + " where parameter "
                + match.parameter().name() + " needs finite float32 numbers");
      }
      weights.put(match.parameter().name(), tensor);
    }
  }

  private Optional<Found> find(String part, Backbone backbone) {
    String key = part.substring(0, part.length() - 1);
    Optional<String> prefix = part.equals(NmswNet.GLOBAL) ? mapping.global() : mapping.local();
    List<Naming> namings = Naming.of(backbone);
    List<Found> all = new ArrayList<>();
    for (Naming naming : namings) {
      for (String candidate : naming.prefixes(checkpoint.state().tensors().keySet())) {
        all.add(new Found(naming, candidate));
      }
    }
    List<Found> found = all;
    if (prefix.isPresent()) {
      found = all.stream().filter(one -> one.prefix().equals(prefix.get())).toList();
    } else if (all.size() > 1) {
      found = all.stream().filter(one -> one.prefix().toLowerCase(Locale.ROOT).contains(key)).toList();
    }
    if (found.size() == 1) {
      return Optional.of(found.get(0));
    }
    boolean allRenamed =
        backbone.parameters().stream()
            .allMatch(own -> mapping.rename().containsKey(own.under(part).name()));
    if (allRenamed) {
      return Optional.of(new Found(Naming.ofMapping(backbone), prefix.orElse("")));
    }
    problems.add(explain(key, backbone, prefix, namings, all));
    return Optional.empty();
  }

  private static String explain(
      String key, Backbone backbone, Optional<String> prefix, List<Naming> namings, List<Found> all) {
    String kind = "the " + key + " network (" + backbone.name() + ")";
    if (all.isEmpty()) {
      return kind + " is not found: no tensor is named "
          + String.join(" or ", namings.stream().map(naming -> "..." + naming.first()).toList())
          + "; give every name under rename in the mapping";
    }
    String prefixes =
        String.join(
            ", ",
            all.stream().limit(10).map(one -> "'" + ImportRefusal.shown(one.prefix()) + "'").toList());
    return prefix.isPresent()
        ? kind + " is not found under '" + prefix.get() + "'; there are networks under " + prefixes
        : kind + " may be any of those under " + prefixes + "; give " + key + ": PREFIX in the mapping";
  }

  /** Where names of the whole network would begin, if a part's prefix is ours behind another one. */
  private String base(String part) {
    Found found = networks.get(part);
    return found != null && found.prefix().endsWith(part)
        ? found.prefix().substring(0, found.prefix().length() - part.length())
        : "";
  }

  private void findKnown(Found found) throws IOException {
    for (Map.Entry<String, TensorSource> entry : checkpoint.state().tensors().entrySet()) {
      String name = entry.getKey();
      if (name.startsWith(found.prefix()) && !used.contains(name)) {
        Optional<Naming.Known> other =
            found.naming().others().find(name.substring(found.prefix().length()));
        if (other.isPresent()) {
          verify(name, entry.getValue(), other.get());
          known.add(name);
        }
      }
    }
  }

  private void verify(String name, TensorSource tensor, Naming.Known other) throws IOException {
    try {
      other.verify(tensor);
    } catch (ImportRefusal e) {
      problems.add("tensor " + ImportRefusal.shown(name) + ": " + e.getMessage());
    }
  }

  private void take(ParameterSpec parameter, String tensor, boolean singletons, int skipChannels) {
    TensorSource source = checkpoint.state().tensors().get(tensor);
    String name = ImportRefusal.shown(tensor);
    if (source == null) {
      problems.add("parameter " + parameter.name() + ": there is no tensor " + name);
      return;
    }
    used.add(tensor);
    boolean fits =
        singletons
            ? Arrays.equals(longerThanOne(source.shape()), longerThanOne(parameter.shape()))
            : source.shape().equals(parameter.shape());
    if (!fits) {
      problems.add(
          "tensor " + name + " has shape " + source.shape() + ", parameter " + parameter.name() + " "
              + parameter.shape());
    } else if (!source.type().isFloat()) {
      problems.add("tensor " + name + " has type " + source.type() + "; weights are floating point");
    } else {
      matches.add(new Match(parameter, tensor, source, skipChannels));
    }
  }

  private static long[] longerThanOne(Shape shape) {
    return Arrays.stream(shape.getShape()).filter(length -> length != 1).toArray();
  }

  /** Moves the first {@code skipChannels} slices of the first axis behind the others. */
  private static float[] skipLast(float[] values, Shape shape, int skipChannels) {
    if (skipChannels == 0) {
      return values;
    }
    int moved = (int) (values.length / shape.get(0) * skipChannels);
    float[] arranged = new float[values.length];
    System.arraycopy(values, moved, arranged, 0, values.length - moved);
    System.arraycopy(values, 0, arranged, values.length - moved, moved);
    return arranged;
  }
}

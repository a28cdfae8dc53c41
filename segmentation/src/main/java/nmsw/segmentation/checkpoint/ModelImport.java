package nmsw.segmentation.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.checkpoint.Matching.Found;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.volume.LabelTable;

/**
 * Makes a model bundle of weights that were trained with other code. Every tensor of the files must be used
 * or known, every parameter of both networks filled, with equal shapes and finite values; all that is wrong
 * is told at once.
 *
 * <p>The importance head and the class weights, which plain networks do not have, are initialised as at the
 * start of training where the files lack them; {@link Imported} and the bundle's card say so.
 */
public final class ModelImport {
  private static final int MAX_PROBLEMS_SHOWN = 20;
  private static final long SEED = 1;

  private final ModelDescription description;
  private final LabelTable labels;
  private final NameMapping mapping;
  private final NmswNet net;

  /**
   * What was imported.
   *
   * @param bundle not yet on disk
   * @param summary what came from where, for people, a line each
   */
  public record Imported(ModelBundle bundle, List<String> summary) {
    public Imported {
      summary = List.copyOf(summary);
    }
  }

  /**
   * @param description of the model that is to be made
   * @param labels its classes, in the order in which the checkpoint's outputs are
   * @throws IllegalArgumentException if they describe no network
   */
  public ModelImport(ModelDescription description, LabelTable labels, NameMapping mapping) {
    this.description = description;
    this.labels = labels;
    this.mapping = mapping;
    net = description.net(labels.classes().size() + 1);
  }

  /**
   * Imports both networks from one file.
   *
   * @throws ImportRefusal if anything does not fit; the message lists the first 20 problems
   */
  public Imported whole(Path file) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(file, mapping.root())) {
      Matching both = new Matching(checkpoint, mapping);
      return imported(both, both);
    }
  }

  /**
   * Imports each network from a file of its own.
   *
   * @throws ImportRefusal if anything does not fit; the message lists the first 20 problems
   */
  public Imported parts(Path globalFile, Path localFile) throws IOException {
    try (Checkpoint global = Checkpoint.open(globalFile, mapping.root());
        Checkpoint local = Checkpoint.open(localFile, mapping.root())) {
      return imported(new Matching(global, mapping), new Matching(local, mapping));
    }
  }

  private Imported imported(Matching global, Matching local) throws IOException {
    List<Matching> files = global == local ? List.of(global) : List.of(global, local);
    requireKnownNames(files);
    global.backbone(NmswNet.GLOBAL, net.global());
    local.backbone(NmswNet.LOCAL, net.local());
    requireTwoNetworks(files, global, local);
    List<ParameterSpec> initialised = new ArrayList<>();
    List<ParameterSpec> head = under(NmswNet.HEAD);
    if (!global.head(head)) {
      initialised.addAll(head);
    }
    ParameterSpec classWeight = under(NmswNet.CLASS_WEIGHT).get(0);
    if (!local.classWeight(classWeight)) {
      initialised.add(classWeight);
    }
    files.forEach(Matching::finish);
    requireNone(files);
    Map<String, Tensor> weights = new LinkedHashMap<>(Parameters.initialValues(initialised, SEED));
    for (Matching file : files) {
      file.read(weights);
    }
    requireNone(files);
    ImportSummary summary = new ImportSummary(mapping, initialised);
    List<String> lines = summary.lines(files);
    ModelBundle bundle =
        new ModelBundle(description, labels, summary.card(description, lines), weights);
    return new Imported(bundle, lines);
  }

  private List<ParameterSpec> under(String prefix) {
    return net.parameters().stream().filter(spec -> spec.name().startsWith(prefix)).toList();
  }

  /** A mapping that names what is neither in the network nor in the files has a slip of the pen. */
  private void requireKnownNames(List<Matching> files) throws ImportRefusal {
    Set<String> parameters =
        net.parameters().stream().map(ParameterSpec::name).collect(Collectors.toSet());
    List<String> unknown = new ArrayList<>();
    for (String name : new TreeSet<>(mapping.rename().keySet())) {
      if (!parameters.contains(name)) {
        unknown.add("rename: the network has no parameter " + name);
      }
    }
    for (String name : new TreeSet<>(mapping.head().keySet())) {
      if (!parameters.contains(NmswNet.HEAD + name)) {
        unknown.add("head: the importance head has no parameter " + name);
      }
    }
    for (String pattern : mapping.ignore()) {
      boolean matches =
          files.stream()
              .flatMap(file -> file.checkpoint().state().tensors().keySet().stream())
              .anyMatch(name -> NameMapping.matches(pattern, name));
      if (!matches) {
        unknown.add("ignore: no tensor is named " + pattern);
      }
    }
    refuse("the mapping", unknown);
  }

  /** Without both networks, what else is wrong would only be noise. */
  private void requireTwoNetworks(List<Matching> files, Matching global, Matching local)
      throws ImportRefusal {
    Found first = global.networks().get(NmswNet.GLOBAL);
    if (first == null || !local.networks().containsKey(NmswNet.LOCAL)) {
      requireNone(files);
    }
    boolean said = mapping.global().isPresent() && mapping.local().isPresent();
    if (global == local
        && !said
        && firstTensor(global, NmswNet.GLOBAL, net.global())
            .equals(firstTensor(local, NmswNet.LOCAL, net.local()))) {
      throw new ImportRefusal(
          global.checkpoint().file() + ": holds one network (" + first.naming().title() + " under '"
              + ImportRefusal.shown(first.prefix())
              + "'), a model needs two: give a file for each, --global FILE --local FILE");
    }
  }

  private String firstTensor(Matching file, String part, Backbone backbone) {
    Found found = file.networks().get(part);
    String own = backbone.parameters().get(0).under(part).name();
    return mapping.rename().getOrDefault(own, found.prefix() + found.naming().first());
  }

  private static void requireNone(List<Matching> files) throws ImportRefusal {
    refuse("the import", files.stream().flatMap(file -> file.problems().stream()).toList());
  }

  private static void refuse(String what, List<String> problems) throws ImportRefusal {
    if (!problems.isEmpty()) {
      String shown =
          problems.stream().limit(MAX_PROBLEMS_SHOWN).map(one -> "\n  " + one).collect(Collectors.joining());
      int more = problems.size() - MAX_PROBLEMS_SHOWN;
      throw new ImportRefusal(
          what + " has " + problems.size() + (problems.size() == 1 ? " problem:" : " problems:") + shown
              + (more > 0 ? "\n  and " + more + " more" : ""));
    }
  }
}

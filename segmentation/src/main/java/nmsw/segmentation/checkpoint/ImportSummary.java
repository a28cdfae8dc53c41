package nmsw.segmentation.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.checkpoint.Matching.Found;
import nmsw.segmentation.checkpoint.NameMapping.Skip;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;

/** Says where imported weights came from, for the terminal and for the bundle's card. */
record ImportSummary(NameMapping mapping, List<ParameterSpec> initialised) {
  private static final int MAX_NAMES_SHOWN = 8;

  List<String> lines(List<Matching> files) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Matching file : files) {
      Checkpoint checkpoint = file.checkpoint();
      lines.add(
          "file %s (%s), SHA-256 %s"
              .formatted(
                  ImportRefusal.shown(checkpoint.file().getFileName().toString()),
                  checkpoint.format(),
                  checkpoint.sha256()));
      lines.add("tensors taken: " + file.taken());
      for (Map.Entry<String, Found> network : file.networks().entrySet()) {
        lines.add(network(network.getKey(), network.getValue()));
      }
      addNames(lines, "tensors left out: ", file.leftOut());
      addNames(lines, "training state left out: ", checkpoint.state().aside());
    }
    if (!mapping.rename().isEmpty() || !mapping.head().isEmpty()) {
      lines.add(
          "renamed by the mapping: " + (mapping.rename().size() + mapping.head().size()) + " parameters");
    }
    if (initialised.stream().anyMatch(spec -> spec.name().startsWith(NmswNet.HEAD))) {
      lines.add("not in the files, initialised at random: the importance head, which picks the patches");
    }
    if (initialised.stream().anyMatch(spec -> spec.name().equals(NmswNet.CLASS_WEIGHT))) {
      lines.add("not in the files, initialised to zero: the class weights; both networks count equally");
    }
    return lines;
  }

  private String network(String part, Found found) {
    boolean swapped =
        mapping.skip().map(skip -> skip == Skip.FIRST).orElse(found.naming().skipFirst());
    return "%s network: names of %s under '%s'%s"
        .formatted(
            part.substring(0, part.length() - 1),
            found.naming().title(),
            ImportRefusal.shown(found.prefix()),
            swapped ? "; input channels of its decoders reordered, it concatenates (skip, current)" : "");
  }

  private static void addNames(List<String> lines, String what, List<String> names) {
    if (!names.isEmpty()) {
      String shown =
          String.join(", ", names.stream().limit(MAX_NAMES_SHOWN).map(ImportRefusal::shown).toList());
      int more = names.size() - MAX_NAMES_SHOWN;
      lines.add(what + shown + (more > 0 ? " and " + more + " more" : ""));
    }
  }

  /** The bundle's card, Markdown; holds every renamed parameter. */
  String card(ModelDescription description, List<String> lines) {
    StringBuilder card = new StringBuilder();
    card.append("# ").append(description.name()).append(' ').append(description.version()).append("\n\n");
    card.append("**Imported, not validated: not for diagnosis or treatment.** Nothing was measured with\n");
    card.append("these weights in this form. Measure them on your own labelled cases before anything\n");
    card.append("relies on them.\n");
    card.append("\n## Where the weights come from\n\n");
    lines.forEach(line -> card.append("- ").append(line).append('\n'));
    Map<String, String> renamed = new TreeMap<>(mapping.rename());
    mapping.head().forEach((own, tensor) -> renamed.put(NmswNet.HEAD + own, tensor));
    if (!renamed.isEmpty()) {
      card.append("\n## Renamed by the mapping\n\n| parameter | tensor |\n|---|---|\n");
      renamed.forEach(
          (own, tensor) ->
              card.append("| ").append(own).append(" | ")
                  .append(ImportRefusal.shown(tensor)).append(" |\n"));
    }
    return card.toString();
  }
}

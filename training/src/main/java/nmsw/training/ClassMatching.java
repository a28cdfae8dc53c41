package nmsw.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/**
 * Which classes of a model another one knew: those of the same coded concept (scheme and value of type, modifier, region and
 * region modifier) if there is exactly one, else the one of the same name. The background is the background.
 *
 * @param known per class of the new model, the background first, the class of the old one; -1 for none
 */
record ClassMatching(List<Integer> known, LabelTable table) {

  static ClassMatching of(LabelTable old, LabelTable table) {
    List<Integer> known = new ArrayList<>(List.of(0));
    table.classes().forEach(wanted -> known.add(find(old, wanted)));
    return new ClassMatching(List.copyOf(known), table);
  }

  private static int find(LabelTable old, LabelClass wanted) {
    List<LabelClass> sameConcept =
        old.classes().stream().filter(c -> concept(c).equals(concept(wanted))).toList();
    if (sameConcept.size() == 1) {
      return sameConcept.get(0).index();
    }
    return old.classes().stream()
        .filter(c -> c.name().equals(wanted.name()))
        .map(LabelClass::index)
        .findFirst()
        .orElse(-1);
  }

  /** Without meanings, which are for people. */
  private static List<String> concept(LabelClass c) {
    return List.of(
        key(Optional.of(c.type())), key(c.modifier()), key(c.region()), key(c.regionModifier()));
  }

  private static String key(Optional<Code> code) {
    return code.map(c -> c.scheme() + "|" + c.value()).orElse("");
  }

  /** For the log. */
  @Override
  public String toString() {
    String fresh =
        IntStream.range(1, known.size())
            .filter(c -> known.get(c) < 0)
            .mapToObj(c -> table.classes().get(c - 1).name())
            .collect(Collectors.joining(", "));
    long kept = known.stream().skip(1).filter(c -> c >= 0).count();
    return kept + " classes known" + (fresh.isEmpty() ? "" : ", new: " + fresh);
  }
}

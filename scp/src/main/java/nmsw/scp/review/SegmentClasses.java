package nmsw.scp.review;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import nmsw.seg.SegmentDescription;
import nmsw.seg.Segmentation;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/**
 * Which classes of a model the segments of another's Segmentation are. By the codes (type, region and their modifiers; scheme
 * and value of each, as {@link SegmentDescription#describes} compares them); where no class has those codes by the label, if
 * it is the name or label of a class, whatever the case. A segment whose codes and label are those of different classes makes the
 * whole object unfit.
 *
 * @param ofSegment class index of each segment number that has one
 * @param byLabel labels of the segments that were told by them alone
 * @param unknown labels of the segments that are none of the classes
 */
record SegmentClasses(Map<Integer, Integer> ofSegment, Set<String> byLabel, Set<String> unknown) {
  /** Codes and label contradict each other. */
  static final class Contradiction extends Exception {
    private static final long serialVersionUID = 1;

    Contradiction(String message) {
      super(message);
    }
  }

  static SegmentClasses of(Segmentation segmentation, LabelTable table) throws Contradiction {
    SegmentClasses classes = new SegmentClasses(new HashMap<>(), new TreeSet<>(), new TreeSet<>());
    for (SegmentDescription segment : segmentation.segments()) {
      classes.add(segment, table);
    }
    return classes;
  }

  private void add(SegmentDescription segment, LabelTable table) throws Contradiction {
    List<LabelClass> coded = table.classes().stream().filter(segment::describes).toList();
    Optional<LabelClass> labelled =
        table.classes().stream()
            .filter(c -> key(c.name()).equals(key(segment.label())) || key(c.label()).equals(key(segment.label())))
            .findFirst();
    if (labelled.isPresent() && (coded.isEmpty() || coded.contains(labelled.get()))) {
      ofSegment.put(segment.number(), labelled.get().index());
      if (coded.isEmpty()) {
        byLabel.add(segment.label());
      }
    } else if (labelled.isPresent()) {
      throw new Contradiction(
          "segment " + segment.number() + " has the label of " + labelled.get().name() + " and the codes of "
              + coded.get(0).name());
    } else if (coded.size() == 1) {
      ofSegment.put(segment.number(), coded.get(0).index());
    } else if (coded.size() > 1) {
      throw new Contradiction(
          "segment " + segment.number() + " has the codes of " + coded.size() + " classes, and the label of none");
    } else {
      unknown.add(segment.label());
    }
  }

  private static String key(String name) {
    return Normalizer.normalize(name.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
  }
}

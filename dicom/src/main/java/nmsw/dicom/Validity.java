package nmsw.dicom;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether the values of a data set are what their VR allows (PS3.5 §6.2). {@link Dataset}'s getters read what
 * can be read either way; this says what was wrong, and puts right what is plainly meant.
 */
public enum Validity {
  /** Every departure from the standard is a problem. */
  STRICT,
  /**
   * What can be used all the same is no problem: dates with points or hyphens, times with colons, numbers that
   * are too long or stand between blanks, codes in lower case, texts that are too long, UIDs with leading
   * zeros. Multiplicity and private creators don't count.
   */
  LENIENT;

  /**
   * What is wrong with one element. The value, which may identify a patient, is not told.
   *
   * @param path tags, and the numbers of items from 1: {@code (0040,A730)[2].(0008,0020)}
   * @param repairable whether {@link #repaired} puts it right
   */
  public record Problem(String path, int tag, VR vr, String what, boolean repairable) {
    @Override
    public String toString() {
      String keyword = Dictionary.keywordOf(tag);
      return path + (keyword.isEmpty() ? " " : " " + keyword + " ") + vr + ": " + what;
    }
  }

  /** The problems in the order of the elements, items included. */
  public List<Problem> problems(Dataset dataset) {
    List<Problem> problems = new ArrayList<>();
    collect(dataset, "", problems);
    return problems;
  }

  private void collect(Dataset dataset, String prefix, List<Problem> problems) {
    for (Element element : dataset) {
      int tag = element.tag();
      String path = prefix + String.format("(%04X,%04X)", tag >>> 16, tag & 0xFFFF);
      boolean ofNobody = Tag.isPrivateInBlock(tag) && dataset.privateCreator(tag).isEmpty();
      if (this == STRICT && ofNobody) {
        problems.add(new Problem(path, tag, element.vr(), "no Private Creator reserved its block", false));
      }
      check(dataset, element).ifPresent(what ->
          problems.add(new Problem(path, tag, element.vr(), what, isRepairable(dataset, element))));
      for (int i = 0; i < element.items().size(); i++) {
        collect(element.items().get(i), path + "[" + (i + 1) + "].", problems);
      }
    }
  }

  private Optional<String> check(Dataset dataset, Element element) {
    VR vr = element.vr();
    if (!vr.isText()) {
      int unit = vr == VR.AT ? 4 : vr.unit();
      return element.bytes().length % unit == 0
          ? Optional.empty()
          : Optional.of(element.bytes().length + " bytes are no multiple of " + unit);
    }
    List<String> values = values(dataset, element);
    for (int i = 0; i < values.size(); i++) {
      String value = values.get(i);
      boolean fine = this == STRICT ? ValueRules.isAllowed(vr, value) : ValueRules.isUsable(vr, value);
      if (!fine) {
        return Optional.of(
            "value " + (i + 1) + " of " + values.size() + " is none (" + value.length() + " characters)");
      }
    }
    Dictionary.Entry entry = Dictionary.lookup(element.tag());
    boolean counts = this == STRICT && entry != null && !values.isEmpty();
    return counts && !fits(entry.vm(), values.size())
        ? Optional.of(values.size() + " values where there are " + entry.vm())
        : Optional.empty();
  }

  /** The values without the padding. */
  private static List<String> values(Dataset dataset, Element element) {
    if (element.bytes().length == 0) {
      return List.of();
    }
    List<String> values = new ArrayList<>(dataset.untrimmed(element));
    int last = values.size() - 1;
    String padded = values.get(last);
    char padding = (char) element.vr().padding();
    if (element.bytes().length % 2 == 0 && !padded.isEmpty() && padded.charAt(padded.length() - 1) == padding) {
      values.set(last, padded.substring(0, padded.length() - 1));
    }
    return values;
  }

  /** Whether a number of values is what a multiplicity such as {@code 1-n}, {@code 2-2n} or {@code 3} allows. */
  private static boolean fits(String multiplicity, int count) {
    String[] ends = multiplicity.split("-");
    int least = Integer.parseInt(ends[0]);
    if (ends.length == 1) {
      return count == least;
    }
    if (!ends[1].endsWith("n")) {
      return count >= least && count <= Integer.parseInt(ends[1]);
    }
    String step = ends[1].substring(0, ends[1].length() - 1);
    return count >= least && count % (step.isEmpty() ? 1 : Integer.parseInt(step)) == 0;
  }

  private static boolean isRepairable(Dataset dataset, Element element) {
    return element.vr().isText()
        && values(dataset, element).stream()
            .allMatch(value ->
                ValueRules.isAllowed(element.vr(), value)
                    || ValueRules.repaired(element.vr(), value).isPresent());
  }

  /**
   * A copy in which each value that is not allowed, but plainly meant as one that is, is that one. Everything
   * else stays.
   */
  public static Dataset repaired(Dataset dataset) {
    Dataset copy = dataset.copy();
    repair(copy);
    return copy;
  }

  private static void repair(Dataset dataset) {
    for (Element element : dataset) {
      element.items().forEach(Validity::repair);
      VR vr = element.vr();
      if (!vr.isText() || vr.isLocalized() || element.bytes().length == 0) {
        continue;
      }
      List<String> values = values(dataset, element);
      List<String> repaired =
          values.stream().map(value -> ValueRules.repaired(vr, value).orElse(value)).toList();
      if (!repaired.equals(values)) {
        byte[] bytes = String.join("\\", repaired).getBytes(StandardCharsets.ISO_8859_1);
        dataset.put(Element.of(element.tag(), vr, bytes));
      }
    }
  }
}

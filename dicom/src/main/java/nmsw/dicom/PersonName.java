package nmsw.dicom;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The component groups of a person's name (PS3.5 §6.2.1), each of up to five components: family name, given
 * name, middle name, prefix, suffix. A group that is absent is empty. Trailing separators carry nothing and
 * are dropped.
 */
public record PersonName(String alphabetic, String ideographic, String phonetic) {
  private static final int GROUPS = 3;

  public PersonName {
    alphabetic = withoutTrailing(alphabetic, '^');
    ideographic = withoutTrailing(ideographic, '^');
    phonetic = withoutTrailing(phonetic, '^');
  }

  /** Of one value of PN; a fourth group, which there cannot be, stays with the third. */
  public static PersonName parse(String value) {
    String[] groups = Arrays.copyOf(value.split("=", GROUPS), GROUPS);
    return new PersonName(orEmpty(groups[0]), orEmpty(groups[1]), orEmpty(groups[2]));
  }

  private static String orEmpty(String group) {
    return group == null ? "" : group.strip();
  }

  /** The components of one group, at least one, which may be empty. */
  public static List<String> components(String group) {
    return Arrays.stream(group.split("\\^", -1)).map(String::strip).toList();
  }

  private static String withoutTrailing(String text, char separator) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == separator || text.charAt(end - 1) == ' ')) {
      end--;
    }
    return text.substring(0, end);
  }

  /** As a value of PN. */
  public String value() {
    return withoutTrailing(
        Stream.of(alphabetic, ideographic, phonetic).collect(Collectors.joining("=")), '=');
  }

  /** Never the name, which identifies a patient. */
  @Override
  public String toString() {
    return "person name";
  }
}

package nmsw.dicom;

import java.util.Arrays;
import java.util.List;

/**
 * The component groups of a person's name (PS3.5 §6.2.1), each of up to five components: family name, given
 * name, middle name, prefix, suffix. A group that is absent is empty.
 */
public record PersonName(String alphabetic, String ideographic, String phonetic) {
  private static final int GROUPS = 3;

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

  /** As a value of PN; absent groups at the end are left out. */
  public String value() {
    String all = alphabetic + "=" + ideographic + "=" + phonetic;
    int end = all.length();
    while (end > 0 && all.charAt(end - 1) == '=') {
      end--;
    }
    return all.substring(0, end);
  }

  /** Never the name, which identifies a patient. */
  @Override
  public String toString() {
    return "person name";
  }
}

package nmsw.training.dataset;

import java.util.HexFormat;
import nmsw.dicom.deid.DeidentificationKey;

/**
 * What a data set calls the studies and patients of a source: keyed pseudonyms, or their own names.
 *
 * @param source tells sources apart whose studies have the same names; may be empty
 */
record LocalNames(DeidentificationKey key, String source, boolean kept) {
  private static final int BYTES = 8;
  private static final int MAX_PRINTED = 300;

  String caseName(String study) throws CaseRefusal {
    return name("case", study);
  }

  String patientName(String patient) throws CaseRefusal {
    return name("patient", patient);
  }

  /** A text about local files that can be compared, but not read. */
  String hidden(String text) {
    return hash("source", text);
  }

  private String name(String what, String local) throws CaseRefusal {
    if (!kept) {
      return what + "-" + hash("data set " + what, local);
    }
    String name = source.isEmpty() ? local : source + "-" + local;
    if (!CaseRow.NAME.matcher(name).matches()) {
      throw new CaseRefusal(
          CaseRefusal.Code.BAD_NAME,
          "'" + printable(name) + "' must be 1 to 100 letters, digits or _ . - and not begin with a point");
    }
    return name;
  }

  private String hash(String purpose, String text) {
    return HexFormat.of().formatHex(key.hash(purpose, source + "\0" + text), 0, BYTES);
  }

  /** A name from outside, for a terminal: without control characters, and not endless. */
  static String printable(String name) {
    StringBuilder text = new StringBuilder();
    name.codePoints()
        .limit(MAX_PRINTED)
        .forEach(c -> text.appendCodePoint(Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c));
    return name.codePointCount(0, name.length()) > MAX_PRINTED ? text + "..." : text.toString();
  }
}

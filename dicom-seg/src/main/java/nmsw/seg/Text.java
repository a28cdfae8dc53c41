package nmsw.seg;

import java.nio.charset.StandardCharsets;

/**
 * Text that we write ourselves, beside text copied from the source with the source's character set: plain
 * ASCII is the same in every character set of DICOM (PS3.3 §C.12.1.1.2), so it needs no conversion.
 */
final class Text {
  private Text() {}

  static String ascii(String value, int longest, String what) {
    if (!StandardCharsets.US_ASCII.newEncoder().canEncode(value) || value.indexOf('\\') >= 0) {
      throw new IllegalArgumentException(
          what + " '" + value + "' is not plain ASCII without backslash; write it so in the label table"
              + " or configuration");
    }
    if (value.isBlank() || value.length() > longest) {
      throw new IllegalArgumentException(
          what + " '" + value + "' must have 1 to " + longest + " characters");
    }
    return value;
  }
}

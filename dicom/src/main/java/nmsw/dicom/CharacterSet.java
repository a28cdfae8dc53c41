package nmsw.dicom;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A value of Specific Character Set (PS3.3 §C.12.1.1.2). Decoding never fails: what a set does not have becomes U+FFFD.
 * With code extensions (ISO 2022) the sets switched to by escape sequences are those of PS3.3 tables C.12-3 and C.12-4;
 * encoding uses the first value only.
 */
final class CharacterSet {
  /** ISO-IR 6. Bytes above 127, which it doesn't have, are read as Latin 1. */
  static final CharacterSet DEFAULT = new CharacterSet("", StandardCharsets.ISO_8859_1, false);

  private static final int ESCAPE = 0x1B;

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("", "ISO-8859-1"),
          Map.entry("ISO_IR 6", "ISO-8859-1"),
          Map.entry("ISO_IR 100", "ISO-8859-1"),
          Map.entry("ISO_IR 101", "ISO-8859-2"),
          Map.entry("ISO_IR 109", "ISO-8859-3"),
          Map.entry("ISO_IR 110", "ISO-8859-4"),
          Map.entry("ISO_IR 144", "ISO-8859-5"),
          Map.entry("ISO_IR 127", "ISO-8859-6"),
          Map.entry("ISO_IR 126", "ISO-8859-7"),
          Map.entry("ISO_IR 138", "ISO-8859-8"),
          Map.entry("ISO_IR 148", "ISO-8859-9"),
          Map.entry("ISO_IR 203", "ISO-8859-15"),
          Map.entry("ISO_IR 13", "JIS_X0201"),
          Map.entry("ISO_IR 166", "TIS-620"),
          Map.entry("ISO_IR 192", "UTF-8"),
          Map.entry("GB18030", "GB18030"),
          Map.entry("GBK", "GBK"),
          Map.entry("ISO_IR 149", "EUC-KR"),
          Map.entry("ISO_IR 58", "GB2312"));

  /** What follows ESC, and the Java charset of the bytes up to the next escape sequence. */
  private static final Map<String, String> ESCAPES =
      Map.ofEntries(
          Map.entry("-A", "ISO-8859-1"),
          Map.entry("-B", "ISO-8859-2"),
          Map.entry("-C", "ISO-8859-3"),
          Map.entry("-D", "ISO-8859-4"),
          Map.entry("-L", "ISO-8859-5"),
          Map.entry("-G", "ISO-8859-6"),
          Map.entry("-F", "ISO-8859-7"),
          Map.entry("-H", "ISO-8859-8"),
          Map.entry("-M", "ISO-8859-9"),
          Map.entry("-b", "ISO-8859-15"),
          Map.entry("-T", "TIS-620"),
          Map.entry(")I", "JIS_X0201"),
          Map.entry("(J", "JIS_X0201"),
          Map.entry("$)C", "EUC-KR"),
          Map.entry("$)A", "GB2312"),
          Map.entry("$B", "ISO-2022-JP"),
          Map.entry("$(D", "ISO-2022-JP-2"));

  private final String definedTerm;
  private final Charset charset;
  private final boolean extensions;

  private CharacterSet(String definedTerm, Charset charset, boolean extensions) {
    this.definedTerm = definedTerm;
    this.charset = charset;
    this.extensions = extensions;
  }

  /** The set that the values name; an unknown first value is read as the default repertoire. */
  static CharacterSet of(List<String> values) {
    String first = values.isEmpty() ? "" : values.get(0);
    boolean extensions = values.size() > 1 || first.startsWith("ISO 2022");
    String name = NAMES.get(first.replace("ISO 2022 IR", "ISO_IR"));
    return new CharacterSet(first, name == null ? StandardCharsets.ISO_8859_1 : charset(name), extensions);
  }

  /** A Java runtime without its optional charsets reads Latin 1 instead. */
  private static Charset charset(String name) {
    return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.ISO_8859_1;
  }

  String decode(byte[] bytes, VR vr) {
    if (!extensions || indexOfEscape(bytes, 0) < 0) {
      return new String(bytes, charset);
    }
    StringBuilder text = new StringBuilder(bytes.length);
    Charset current = charset;
    int start = 0;
    while (start < bytes.length) {
      int end = indexOfEscape(bytes, start);
      if (end == start) {
        int length = escapeLength(bytes, start);
        String sequence = new String(bytes, start + 1, length - 1, StandardCharsets.ISO_8859_1);
        String name = ESCAPES.get(sequence);
        current = name == null ? charset : charset(name);
        start += length;
        if (current.name().startsWith("ISO-2022")) {
          start = appendStateful(text, bytes, start, "\u001B" + sequence, current);
          current = charset;
        }
      } else {
        start = append(text, bytes, start, end < 0 ? bytes.length : end, current, vr);
        if (start <= bytes.length && start > 0 && isDelimiter(bytes[start - 1], vr)) {
          current = charset;
        }
      }
    }
    return text.toString();
  }

  /** Decodes up to the next delimiter, at which the initial sets come back (PS3.5 §6.1.2.5.3), or up to the end. */
  private static int append(StringBuilder text, byte[] bytes, int start, int end, Charset charset, VR vr) {
    int stop = start;
    while (stop < end) {
      boolean delimiter = isDelimiter(bytes[stop], vr);
      stop++;
      if (delimiter) {
        break;
      }
    }
    text.append(new String(bytes, start, stop - start, charset));
    return stop;
  }

  private static boolean isDelimiter(byte value, VR vr) {
    return switch (value) {
      case '\r', '\n', '\f', '\t' -> true;
      case '\\' -> vr.isMultiValued();
      case '^', '=' -> vr == VR.PN;
      default -> false;
    };
  }

  private static int appendStateful(StringBuilder text, byte[] bytes, int start, String escape, Charset charset) {
    int end = indexOfEscape(bytes, start);
    int stop = end < 0 ? bytes.length : end;
    ByteArrayOutputStream run = new ByteArrayOutputStream();
    run.writeBytes(escape.getBytes(StandardCharsets.ISO_8859_1));
    run.write(bytes, start, stop - start);
    text.append(run.toString(charset));
    return stop;
  }

  private static int indexOfEscape(byte[] bytes, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == ESCAPE) {
        return i;
      }
    }
    return -1;
  }

  /** ESC, intermediate bytes 20-2F or '$', one final byte. */
  private static int escapeLength(byte[] bytes, int start) {
    int end = start + 1;
    while (end < bytes.length && (bytes[end] == '$' || bytes[end] >= 0x20 && bytes[end] <= 0x2F)) {
      end++;
    }
    return Math.min(end + 1, bytes.length) - start;
  }

  byte[] encode(int tag, String text) {
    Charset target = this == DEFAULT ? StandardCharsets.US_ASCII : charset;
    try {
      ByteBuffer bytes =
          target
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .encode(CharBuffer.wrap(text));
      byte[] result = new byte[bytes.remaining()];
      bytes.get(result);
      return result;
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          Tag.describe(tag) + ": a character is not in Specific Character Set '" + definedTerm + "'", e);
    }
  }
}

package nmsw.dicom;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A value of Specific Character Set (PS3.3 §C.12.1.1.2), and the code extensions of ISO 2022 that more than
 * one value brings (PS3.5 §6.1.2.5). Decoding never fails: what a set does not have becomes U+FFFD, and an
 * escape sequence that nobody knows is dropped. Encoding refuses what the sets do not have.
 */
final class CharacterSet {
  /** ISO-IR 6. Bytes above 127, which it doesn't have, are read as Latin 1. */
  static final CharacterSet DEFAULT =
      new CharacterSet("", StandardCharsets.ISO_8859_1, CodeElement.ASCII, null, Set.of());

  private static final int ESCAPE = 0x1B;
  private static final int HIGHEST_CONTROL = 0x20;
  private static final int DELETE = 0x7F;
  private static final Pattern REGISTERED = Pattern.compile("ISO ?(2022)? ?IR ?(\\d{1,3})");

  private final String definedTerms;
  /** The set of all bytes where there are no code extensions, else null. */
  private final Charset whole;
  /** What is active at the start and after each delimiter; the second is null for none. */
  private final CodeElement firstG0;
  private final CodeElement firstG1;
  /** What encoding may switch to, in the order of preference; empty and unused where the set has no elements. */
  private final Set<CodeElement> others;

  private CharacterSet(
      String definedTerms, Charset whole, CodeElement firstG0, CodeElement firstG1, Set<CodeElement> others) {
    this.definedTerms = definedTerms;
    this.whole = whole;
    this.firstG0 = firstG0;
    this.firstG1 = firstG1;
    this.others = others;
  }

  /** The set that the values name; an unknown first value is read as the default repertoire. */
  static CharacterSet of(List<String> values) {
    String terms = Dictionary.printable(String.join("\\", values));
    String first = values.isEmpty() ? "" : normal(values.get(0));
    switch (first) {
      case "ISO IR 192", "UTF 8", "UTF8":
        return new CharacterSet(terms, StandardCharsets.UTF_8, null, null, Set.of());
      case "GB18030", "GBK":
        return new CharacterSet(terms, CodeElement.charset(first), null, null, Set.of());
      case "ISO IR 13":
        // Shift-JIS has JIS X 0201's characters in their places, and is what some writers mean.
        return values.size() > 1
            ? extended(terms, values)
            : new CharacterSet(terms, CodeElement.charset("Shift_JIS"), CodeElement.ROMAJI, CodeElement.KATAKANA,
                Set.of());
      default:
        Optional<CodeElement> element = element(first);
        boolean extensions = values.size() > 1 || first.contains("2022");
        if (extensions || element.filter(CodeElement::isPairsInG0).isPresent()) {
          return extended(terms, values);
        }
        boolean latin1 = element.isEmpty() || element.get().isG0();
        return latin1
            ? new CharacterSet(terms, StandardCharsets.ISO_8859_1, CodeElement.ASCII, null, Set.of())
            : new CharacterSet(terms, element.get().charset(), CodeElement.ASCII, element.get(), Set.of());
    }
  }

  private static CharacterSet extended(String terms, List<String> values) {
    CodeElement first = element(normal(values.get(0))).orElse(CodeElement.ASCII);
    CodeElement g0 = first == CodeElement.KATAKANA ? CodeElement.ROMAJI : CodeElement.ASCII;
    Set<CodeElement> others = new LinkedHashSet<>();
    for (String value : values) {
      element(normal(value)).ifPresent(others::add);
    }
    return new CharacterSet(terms, null, g0, first.isG0() ? null : first, others);
  }

  /** Writers disagree on case, blanks, hyphens and underscores: {@code ISO-IR 100}, {@code iso_ir_100}. */
  private static String normal(String definedTerm) {
    return definedTerm.trim().toUpperCase(Locale.ROOT).replaceAll("[-_ ]+", " ");
  }

  private static Optional<CodeElement> element(String normal) {
    Matcher registered = REGISTERED.matcher(normal);
    return registered.matches()
        ? CodeElement.ofRegistration(Integer.parseInt(registered.group(2)))
        : Optional.empty();
  }

  String decode(byte[] bytes, VR vr) {
    return whole == null ? decodeExtended(bytes, vr) : new String(bytes, whole);
  }

  private String decodeExtended(byte[] bytes, VR vr) {
    StringBuilder text = new StringBuilder(bytes.length);
    CodeElement g0 = firstG0;
    CodeElement g1 = firstG1;
    int start = 0;
    while (start < bytes.length) {
      int end;
      if (bytes[start] == ESCAPE) {
        end = escapeEnd(bytes, start);
        String sequence = new String(bytes, start + 1, end - start - 1, StandardCharsets.ISO_8859_1);
        CodeElement element = CodeElement.ofEscape(sequence).orElse(null);
        if (element != null && element.isG0()) {
          g0 = element;
        } else if (element != null) {
          g1 = element;
        }
      } else if (bytes[start] < 0) {
        end = start;
        while (end < bytes.length && bytes[end] < 0) {
          end++;
        }
        text.append(g1 == null ? CodeElement.LATIN_1.decode(bytes, start, end) : g1.decode(bytes, start, end));
      } else if (g0.isPairsInG0() && isGraphic(bytes[start])) {
        end = start;
        while (end < bytes.length && isGraphic(bytes[end])) {
          end++;
        }
        text.append(g0.decode(bytes, start, end));
      } else {
        end = start + 1;
        text.append((char) bytes[start]);
        if (isDelimiter(bytes[start], vr)) {
          // PS3.5 §6.1.2.5.3
          g0 = firstG0;
          g1 = firstG1;
        }
      }
      start = end;
    }
    return text.toString();
  }

  private static boolean isGraphic(byte value) {
    return value > HIGHEST_CONTROL && value < DELETE;
  }

  private static boolean isDelimiter(int value, VR vr) {
    return switch (value) {
      case '\r', '\n', '\f', '\t' -> true;
      case '\\' -> vr.isMultiValued();
      case '^', '=' -> vr == VR.PN;
      default -> false;
    };
  }

  /** ESC, intermediate bytes 20-2F or '$', one final byte. */
  private static int escapeEnd(byte[] bytes, int start) {
    int end = start + 1;
    while (end < bytes.length && (bytes[end] == '$' || bytes[end] >= 0x20 && bytes[end] <= 0x2F)) {
      end++;
    }
    return Math.min(end + 1, bytes.length);
  }

  /**
   * The bytes of a text; with code extensions each delimiter and the end find the first set active again.
   *
   * @throws IllegalArgumentException if a character is in none of the sets
   */
  byte[] encode(int tag, VR vr, String text) {
    return firstG0 == null ? encodeWhole(tag, text) : new Encoder(tag, vr).encode(text);
  }

  private byte[] encodeWhole(int tag, String text) {
    try {
      ByteBuffer bytes = whole.newEncoder().encode(CharBuffer.wrap(text));
      byte[] result = new byte[bytes.remaining()];
      bytes.get(result);
      return result;
    } catch (CharacterCodingException e) {
      throw refused(tag, e);
    }
  }

  private IllegalArgumentException refused(int tag, Throwable cause) {
    return new IllegalArgumentException(
        Tag.describe(tag) + ": a character is not in Specific Character Set '" + definedTerms + "'", cause);
  }

  private final class Encoder {
    private final int tag;
    private final VR vr;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private CodeElement g0 = firstG0;
    private CodeElement g1 = firstG1;

    Encoder(int tag, VR vr) {
      this.tag = tag;
      this.vr = vr;
    }

    byte[] encode(String text) {
      text.codePoints().forEach(this::append);
      backToFirst();
      return bytes.toByteArray();
    }

    private void append(int character) {
      if (character >= 0x80) {
        appendFromElements(Character.toString(character));
        return;
      }
      if (character == ESCAPE && whole == null) {
        throw refused(tag, null);
      }
      if (isDelimiter(character, vr)) {
        backToFirst();
      } else if (g0 != firstG0) {
        switchTo(firstG0);
      }
      bytes.write(character);
    }

    private void appendFromElements(String character) {
      for (CodeElement active : new CodeElement[] {g1, g0}) {
        byte[] encoded = active == null ? null : active.encode(character);
        if (encoded != null) {
          bytes.writeBytes(encoded);
          return;
        }
      }
      for (CodeElement other : others) {
        byte[] encoded = other.encode(character);
        if (encoded != null) {
          switchTo(other);
          bytes.writeBytes(encoded);
          return;
        }
      }
      throw refused(tag, null);
    }

    private void switchTo(CodeElement element) {
      bytes.write(ESCAPE);
      bytes.writeBytes(element.escape().getBytes(StandardCharsets.US_ASCII));
      if (element.isG0()) {
        g0 = element;
      } else {
        g1 = element;
      }
    }

    private void backToFirst() {
      if (g0 != firstG0) {
        switchTo(firstG0);
      }
      if (g1 != firstG1 && firstG1 != null) {
        switchTo(firstG1);
      }
      g1 = firstG1;
    }
  }
}

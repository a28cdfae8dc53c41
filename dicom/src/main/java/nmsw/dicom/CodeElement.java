package nmsw.dicom;

import java.nio.CharBuffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The code elements that escape sequences switch to (PS3.3 tables C.12-3 and C.12-4). One in G0 is written
 * with bytes below 128, one in G1 with bytes above.
 */
enum CodeElement {
  ASCII(6, "(B", "US-ASCII", 1),
  /** Read and written as ASCII: the yen sign has the place of the backslash, which separates values. */
  ROMAJI(14, "(J", "US-ASCII", 1),
  LATIN_1(100, "-A", "ISO-8859-1", 1),
  LATIN_2(101, "-B", "ISO-8859-2", 1),
  LATIN_3(109, "-C", "ISO-8859-3", 1),
  LATIN_4(110, "-D", "ISO-8859-4", 1),
  CYRILLIC(144, "-L", "ISO-8859-5", 1),
  ARABIC(127, "-G", "ISO-8859-6", 1),
  GREEK(126, "-F", "ISO-8859-7", 1),
  HEBREW(138, "-H", "ISO-8859-8", 1),
  LATIN_5(148, "-M", "ISO-8859-9", 1),
  LATIN_9(203, "-b", "ISO-8859-15", 1),
  THAI(166, "-T", "TIS-620", 1),
  KATAKANA(13, ")I", "JIS_X0201", 1),
  /** EUC-JP is JIS X 0208 with the high bits set. */
  KANJI(87, "$B", "EUC-JP", 2),
  /** EUC-JP is JIS X 0212 with the high bits set, behind a byte 8F. */
  SUPPLEMENTARY_KANJI(159, "$(D", "EUC-JP", 2),
  HANGUL(149, "$)C", "EUC-KR", 2),
  SIMPLIFIED_CHINESE(58, "$)A", "GB2312", 2);

  private static final int SINGLE_SHIFT_3 = 0x8F;
  private static final Map<String, CodeElement> BY_ESCAPE = new HashMap<>();

  static {
    for (CodeElement element : values()) {
      BY_ESCAPE.put(element.escape, element);
    }
    // Forms that the standard does not have but writers of ISO 2022 use.
    BY_ESCAPE.put("$@", KANJI);
    BY_ESCAPE.put("$(B", KANJI);
  }

  private final int registration;
  private final String escape;
  private final Charset charset;
  private final int bytes;

  CodeElement(int registration, String escape, String charset, int bytes) {
    this.registration = registration;
    this.escape = escape;
    this.charset = charset(charset);
    this.bytes = bytes;
  }

  /** A Java runtime without its optional charsets reads Latin 1 instead. */
  static Charset charset(String name) {
    return Charset.isSupported(name) ? Charset.forName(name) : StandardCharsets.ISO_8859_1;
  }

  /** By what follows the ESC. */
  static Optional<CodeElement> ofEscape(String sequence) {
    return Optional.ofNullable(BY_ESCAPE.get(sequence));
  }

  /** By the number in its defined term, {@code ISO_IR 100} or {@code ISO 2022 IR 100}. */
  static Optional<CodeElement> ofRegistration(int registration) {
    return Arrays.stream(values()).filter(element -> element.registration == registration).findFirst();
  }

  /** What follows the ESC. */
  String escape() {
    return escape;
  }

  Charset charset() {
    return charset;
  }

  boolean isG0() {
    return this == ASCII || this == ROMAJI || isPairsInG0();
  }

  /** Whether bytes below 128 are halves of characters. */
  boolean isPairsInG0() {
    return this == KANJI || this == SUPPLEMENTARY_KANJI;
  }

  String decode(byte[] text, int from, int to) {
    if (!isPairsInG0()) {
      return new String(text, from, to - from, charset);
    }
    ByteBuffer euc = ByteBuffer.allocate(2 * (to - from));
    for (int i = from; i < to; i++) {
      if (this == SUPPLEMENTARY_KANJI && (i - from) % 2 == 0) {
        euc.put((byte) SINGLE_SHIFT_3);
      }
      euc.put((byte) (text[i] | 0x80));
    }
    return new String(euc.array(), 0, euc.position(), charset);
  }

  /** The bytes of one character, or null if the element doesn't have it. */
  byte[] encode(String character) {
    byte[] encoded;
    try {
      ByteBuffer buffer = charset.newEncoder().encode(CharBuffer.wrap(character));
      encoded = Arrays.copyOf(buffer.array(), buffer.limit());
    } catch (CharacterCodingException e) {
      return null;
    }
    if (this == SUPPLEMENTARY_KANJI) {
      boolean fits = encoded.length == 3 && (encoded[0] & 0xFF) == SINGLE_SHIFT_3;
      return fits ? new byte[] {(byte) (encoded[1] & 0x7F), (byte) (encoded[2] & 0x7F)} : null;
    }
    if (encoded.length != bytes || !isInArea(encoded)) {
      return null;
    }
    return this == KANJI ? new byte[] {(byte) (encoded[0] & 0x7F), (byte) (encoded[1] & 0x7F)} : encoded;
  }

  private boolean isInArea(byte[] encoded) {
    for (byte value : encoded) {
      boolean high = (value & 0xFF) >= 0xA0;
      if (high == (isG0() && !isPairsInG0())) {
        return false;
      }
    }
    return true;
  }
}

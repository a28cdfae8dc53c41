package nmsw.dicom;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Data sets for people to read, an element a line: tag, VR, value, keyword. A value takes a bounded width, and
 * nothing in it can move the cursor, colour a terminal or turn the direction of writing.
 */
public final class DatasetDump {
  /** Bytes of a value that are looked at for each character shown; the longest of UTF-8 has four. */
  private static final int BYTES_PER_CHARACTER = 8;
  private static final String INDENT = "  ";

  private final StringBuilder out = new StringBuilder();
  private final int width;

  private DatasetDump(int width) {
    this.width = width;
  }

  /**
   * @param width characters of a value that are shown, 8 or more
   */
  public static String of(Dataset dataset, int width) {
    DatasetDump dump = new DatasetDump(Math.max(8, width));
    dump.append(dataset, "");
    return dump.out.toString();
  }

  private void append(Dataset dataset, String indent) {
    for (Element element : dataset) {
      int tag = element.tag();
      out.append(indent).append(String.format("(%04X,%04X) %s ", tag >>> 16, tag & 0xFFFF, element.vr()));
      if (element.isSequence()) {
        appendCount(element.items().size(), "item");
      } else if (element.isEncapsulated()) {
        appendCount(element.fragments().size() - 1, "fragment");
        long bytes = element.fragments().stream().skip(1).mapToLong(fragment -> fragment.length).sum();
        out.append(" of ").append(bytes).append(" bytes in all");
      } else {
        appendValue(dataset, element);
      }
      appendName(dataset, tag);
      for (int i = 0; i < element.items().size(); i++) {
        out.append(indent).append(INDENT).append("item ").append(i + 1).append('\n');
        append(element.items().get(i), indent + INDENT + INDENT);
      }
    }
  }

  private void appendCount(int count, String what) {
    out.append(count).append(' ').append(what).append(count == 1 ? "" : "s");
  }

  private void appendName(Dataset dataset, int tag) {
    String keyword = Dictionary.keywordOf(tag);
    Optional<String> creator = dataset.privateCreator(tag);
    if (!keyword.isEmpty()) {
      out.append(" # ").append(keyword);
    } else if (creator.isPresent()) {
      out.append(" # private, ").append(shown(creator.get()));
    } else if (Tag.isPrivate(tag)) {
      out.append(" # private");
    }
    out.append('\n');
  }

  private void appendValue(Dataset dataset, Element element) {
    byte[] bytes = element.bytes();
    if (bytes.length == 0) {
      out.append("(empty)");
      return;
    }
    int looked = width * BYTES_PER_CHARACTER;
    Element start =
        bytes.length <= looked
            ? element
            : Element.of(element.tag(), element.vr(), Arrays.copyOf(bytes, looked));
    List<String> values = element.vr() == VR.UN ? List.of() : dataset.strings(start);
    if (values.isEmpty()) {
      out.append(bytes.length).append(" bytes [").append(hex(bytes)).append(']');
    } else {
      String name = element.vr() == VR.UI && values.size() == 1 ? Dictionary.uidName(values.get(0)) : "";
      out.append('[').append(shown(String.join("\\", values), bytes.length > looked)).append(']');
      out.append(name.isEmpty() || name.equals(values.get(0)) ? "" : " " + name);
    }
  }

  private String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    int shown = Math.min(bytes.length, width / 3);
    for (int i = 0; i < shown; i++) {
      hex.append(i == 0 ? "" : " ").append(String.format("%02X", bytes[i]));
    }
    return hex + (shown < bytes.length ? " ..." : "");
  }

  private String shown(String text) {
    return shown(text, false);
  }

  private String shown(String text, boolean cut) {
    StringBuilder shown = new StringBuilder();
    int count = 0;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int character = text.codePointAt(i);
      if (++count > width) {
        return shown + " ...";
      }
      appendVisible(shown, character);
    }
    return shown + (cut ? " ..." : "");
  }

  private static void appendVisible(StringBuilder shown, int character) {
    switch (Character.getType(character)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
          Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          shown.append(
              character == '\n' ? "\\n" : character == '\r' ? "\\r" : String.format("\\u{%X}", character));
      default -> shown.appendCodePoint(character);
    }
  }
}

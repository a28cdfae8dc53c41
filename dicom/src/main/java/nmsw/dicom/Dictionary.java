package nmsw.dicom;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The data dictionary (PS3.6, PS3.7) and the UID registry, read once from the generated resources. Where the standard
 * leaves a choice of VR, US stands for "US or SS" and OW for anything with OW in it.
 */
public final class Dictionary {
  /**
   * One row. A repeating group's row has zeros in place of the digits that vary.
   *
   * @param vm value multiplicity as the standard writes it, such as {@code 1-n}
   */
  public record Entry(int tag, VR vr, boolean signDepends, String vm, String keyword, boolean retired) {}

  private record Repeating(int mask, Entry entry) {}

  private record UidEntry(String type, String name) {}

  private static final Dictionary INSTANCE = new Dictionary();

  private final int[] tags;
  private final Entry[] entries;
  private final List<Repeating> repeating = new ArrayList<>();
  private final Map<String, UidEntry> uids = new HashMap<>();

  private Dictionary() {
    List<Entry> fixed = new ArrayList<>();
    for (String[] row : rows("dictionary.tsv")) {
      String pattern = row[0];
      Entry entry =
          new Entry(
              Integer.parseUnsignedInt(pattern.replace('x', '0'), 16),
              vr(row[1]),
              row[1].equals("US/SS"),
              row[2],
              row[3],
              row[4].equals("R"));
      if (entry.vr() == null) {
        continue;
      }
      if (pattern.indexOf('x') < 0) {
        fixed.add(entry);
      } else {
        String mask = pattern.replaceAll("[^x]", "F").replace('x', '0');
        repeating.add(new Repeating(Integer.parseUnsignedInt(mask, 16), entry));
      }
    }
    fixed.sort((a, b) -> Integer.compareUnsigned(a.tag(), b.tag()));
    entries = fixed.toArray(Entry[]::new);
    tags = Arrays.stream(entries).mapToInt(e -> e.tag() ^ Integer.MIN_VALUE).toArray();
    for (String[] row : rows("uids.tsv")) {
      uids.put(row[0], new UidEntry(row[2], row[4]));
    }
  }

  private static List<String[]> rows(String resource) {
    List<String[]> rows = new ArrayList<>();
    try (InputStream in = Dictionary.class.getResourceAsStream(resource);
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          rows.add(line.split("\t", -1));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("resource " + resource, e);
    }
    return rows;
  }

  /** Null for the delimiters, which have none. */
  private static VR vr(String column) {
    return switch (column) {
      case "NONE" -> null;
      case "US/SS" -> VR.US;
      case "OB/OW", "US/OW", "US/SS/OW" -> VR.OW;
      default -> VR.valueOf(column);
    };
  }

  /** The row of a standard element or repeating group, or null: private, unknown or a delimiter. */
  public static Entry lookup(int tag) {
    int index = Arrays.binarySearch(INSTANCE.tags, tag ^ Integer.MIN_VALUE);
    if (index >= 0) {
      return INSTANCE.entries[index];
    }
    if (!Tag.isPrivate(tag)) {
      for (Repeating group : INSTANCE.repeating) {
        if ((tag & group.mask()) == group.entry().tag()) {
          return group.entry();
        }
      }
    }
    return null;
  }

  /** The VR to take where none is written: UN if the dictionary doesn't know. */
  public static VR vrOf(int tag) {
    if (Tag.isGroupLength(tag)) {
      return VR.UL;
    }
    if (Tag.isPrivateCreator(tag)) {
      return VR.LO;
    }
    Entry entry = lookup(tag);
    return entry == null ? VR.UN : entry.vr();
  }

  static String keywordOf(int tag) {
    Entry entry = lookup(tag);
    return entry == null ? "" : entry.keyword();
  }

  static int size() {
    return INSTANCE.entries.length + INSTANCE.repeating.size();
  }

  static String uidName(String uid) {
    UidEntry entry = INSTANCE.uids.get(uid);
    return entry == null ? uid : entry.name();
  }

  /** "Transfer Syntax", "SOP Class", ... or an empty text. */
  static String uidType(String uid) {
    UidEntry entry = INSTANCE.uids.get(uid);
    return entry == null ? "" : entry.type();
  }

  /** Text from outside made fit for a message: no control characters. */
  static String printable(String text) {
    return text.replaceAll("[^\\x20-\\x7E]", "?");
  }
}

package nmsw.training.dataset;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import nmsw.seg.SegmentDescription;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;

/**
 * Which class a local label means: by name (a mask's file, a segment's label, a region of interest), case ignored, or by
 * value (a label map). Read from YAML:
 *
 * <pre>
 * classes:
 *   kidney_left: [Left Kidney, "kidney, l", 3]
 *   liver: [1]
 * ignore: [body, 5, 6]
 * </pre>
 *
 * <p>A class's own name and label always mean it, unless the file says otherwise. Values mean the class of that index where
 * there is no file; where there is one, it alone says what they mean.
 */
final class LabelMapping {
  private static final long MAX_BYTES = 1 << 20;
  private static final int IGNORED = 0;

  private record Document(Map<String, List<String>> classes, List<String> ignore) {}

  private final Map<String, Integer> byName = new HashMap<>();
  private final Map<Integer, Integer> byValue = new HashMap<>();

  private final LabelTable table;

  private LabelMapping(LabelTable table) {
    this.table = table;
  }

  /** The table's own names and indices. */
  static LabelMapping of(LabelTable table) {
    LabelMapping mapping = new LabelMapping(table);
    mapping.addNames();
    table.classes().forEach(c -> mapping.byValue.put(c.index(), c.index()));
    return mapping;
  }

  /**
   * @throws IOException if the file is wrong: an unknown class, or a local label with two meanings
   */
  static LabelMapping read(Path yaml, LabelTable table) throws IOException {
    if (Files.size(yaml) > MAX_BYTES) {
      throw new IOException(yaml + ": " + Files.size(yaml) + " bytes is too large for a mapping");
    }
    LabelMapping mapping = new LabelMapping(table);
    try {
      Document document =
          new ObjectMapper(new YAMLFactory())
              .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
              .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
              .readValue(yaml.toFile(), Document.class);
      if (document == null || document.classes() == null) {
        throw new IllegalArgumentException("classes is missing");
      }
      document.classes().forEach((name, locals) -> mapping.add(locals, table.byName(name).index()));
      mapping.add(document.ignore(), IGNORED);
    } catch (IllegalArgumentException e) {
      throw new IOException(yaml + ": " + e.getMessage(), e);
    } catch (JsonProcessingException e) {
      throw new IOException(yaml + ": " + e.getOriginalMessage(), e);
    }
    mapping.addNames();
    return mapping;
  }

  private void add(List<String> locals, int index) {
    for (String local : locals == null ? List.<String>of() : locals) {
      if (local == null || local.isBlank()) {
        throw new IllegalArgumentException("an empty local name");
      }
      Integer other = byName.put(key(local), index);
      if (other != null) {
        throw new IllegalArgumentException("'" + local + "' is named twice");
      }
      if (local.strip().matches("[0-9]{1,3}")) {
        byValue.put(Integer.valueOf(local.strip()), index);
      }
    }
  }

  private void addNames() {
    for (LabelClass c : table.classes()) {
      byName.putIfAbsent(key(c.name()), c.index());
      byName.putIfAbsent(key(c.label()), c.index());
    }
  }

  /** The class of a local name; empty if it is unknown or to be ignored. */
  OptionalInt classOf(String name) {
    return index(byName.get(key(name)));
  }

  /** The class of a value in a label map; empty if it is unknown or to be ignored. */
  OptionalInt classOf(int value) {
    return index(byValue.get(value));
  }

  /** The class of a segment by its codes. */
  OptionalInt classOf(SegmentDescription segment) {
    return table.classes().stream().filter(segment::describes).mapToInt(LabelClass::index).findFirst();
  }

  boolean knows(String name) {
    return byName.containsKey(key(name));
  }

  boolean knows(int value) {
    return byValue.containsKey(value);
  }

  /** The classes that a label map can show. */
  Set<Integer> classesOfValues() {
    Set<Integer> classes = new HashSet<>(byValue.values());
    classes.remove(IGNORED);
    return classes;
  }

  private static OptionalInt index(Integer found) {
    return found == null || found == IGNORED ? OptionalInt.empty() : OptionalInt.of(found);
  }

  private static String key(String name) {
    return Normalizer.normalize(name.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
  }
}

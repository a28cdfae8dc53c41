package nmsw.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The classes of a model or data set, in ascending order of index; background (0) is not listed.
 *
 * <p>On disk a table is a CSV file (RFC 4180, UTF-8) with the header {@code
 * index,name,label,category_scheme,...,rgb}: five coded concepts of three columns each (scheme, code,
 * meaning; modifier, region and region modifier may be empty) and the display colour as three decimal
 * numbers, {@code "r g b"}. There an index is at most 255, which is what {@link LabelVolume} and {@link SliceLabels}
 * hold; higher ones are for {@link WideSliceLabels}.
 */
public record LabelTable(List<LabelClass> classes) {
  private static final int MAX_INDEX = 0xFFFF;

  static final List<String> COLUMNS =
      List.of(
          "index", "name", "label",
          "category_scheme", "category_code", "category_meaning",
          "type_scheme", "type_code", "type_meaning",
          "modifier_scheme", "modifier_code", "modifier_meaning",
          "region_scheme", "region_code", "region_meaning",
          "region_modifier_scheme", "region_modifier_code", "region_modifier_meaning",
          "rgb");

  /**
   * @throws IllegalArgumentException if indices are not ascending in 1..65535 or a name occurs twice
   */
  public LabelTable {
    classes = List.copyOf(classes);
    Set<String> names = new HashSet<>();
    int previous = 0;
    for (LabelClass c : classes) {
      if (c.index() <= previous || c.index() > MAX_INDEX) {
        throw new IllegalArgumentException(
            "class " + c.name() + " has index " + c.index() + "; indices must ascend within 1.." + MAX_INDEX);
      }
      if (!names.add(c.name())) {
        throw new IllegalArgumentException("class " + c.name() + " is listed twice");
      }
      previous = c.index();
    }
  }

  /**
   * Reads a table and checks it: no index, name or label twice (codes may be, as of two nodes); texts that fit
   * DICOM's LO and SH and every character set; SNOMED CT identifiers with their check digit; a colour for every
   * class.
   *
   * @throws IOException if the file can't be read, or with all that is wrong in it, a line of the message each
   *     with the file and its line
   */
  public static LabelTable read(Path csv) throws IOException {
    return LabelTableReader.read(csv);
  }

  /** Writes the table in the format that {@link #read} takes. */
  public void write(Path csv) throws IOException {
    StringBuilder text = new StringBuilder(String.join(",", COLUMNS)).append('\n');
    for (LabelClass c : classes) {
      List<String> cells = new ArrayList<>();
      cells.add(Integer.toString(c.index()));
      cells.add(c.name());
      cells.add(c.label());
      addCode(cells, Optional.of(c.category()));
      addCode(cells, Optional.of(c.type()));
      addCode(cells, c.modifier());
      addCode(cells, c.region());
      addCode(cells, c.regionModifier());
      cells.add((c.rgb() >> 16 & 0xFF) + " " + (c.rgb() >> 8 & 0xFF) + " " + (c.rgb() & 0xFF));
      text.append(CsvRow.format(cells)).append('\n');
    }
    Files.writeString(csv, text);
  }

  /**
   * @throws IllegalArgumentException if there is no class of that name
   */
  public LabelClass byName(String name) {
    return classes.stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no class named " + name + "; there are "
                        + String.join(", ", classes.stream().map(LabelClass::name).toList())));
  }

  /** The class of a label value; empty for background and for values that the table doesn't list. */
  public Optional<LabelClass> byIndex(int index) {
    return classes.stream().filter(c -> c.index() == index).findFirst();
  }

  /**
   * A table of the named classes with new indices 1..n in the given order.
   *
   * @throws IllegalArgumentException if a name is unknown or occurs twice
   */
  public LabelTable select(List<String> names) {
    List<LabelClass> selected = new ArrayList<>();
    for (String name : names) {
      LabelClass c = byName(name);
      selected.add(
          new LabelClass(
              selected.size() + 1, c.name(), c.label(), c.category(), c.type(), c.modifier(), c.region(),
              c.regionModifier(), c.rgb()));
    }
    return new LabelTable(selected);
  }

  private static void addCode(List<String> cells, Optional<Code> code) {
    cells.add(code.map(Code::scheme).orElse(""));
    cells.add(code.map(Code::value).orElse(""));
    cells.add(code.map(Code::meaning).orElse(""));
  }
}

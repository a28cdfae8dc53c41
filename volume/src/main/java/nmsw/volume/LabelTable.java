package nmsw.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
 * numbers, {@code "r g b"}.
 */
public record LabelTable(List<LabelClass> classes) {
  private static final List<String> COLUMNS =
      List.of(
          "index", "name", "label",
          "category_scheme", "category_code", "category_meaning",
          "type_scheme", "type_code", "type_meaning",
          "modifier_scheme", "modifier_code", "modifier_meaning",
          "region_scheme", "region_code", "region_meaning",
          "region_modifier_scheme", "region_modifier_code", "region_modifier_meaning",
          "rgb");
  private static final long MAX_FILE_BYTES = 1 << 20;

  /**
   * @throws IllegalArgumentException if indices are not ascending in 1..255 or a name occurs twice
   */
  public LabelTable {
    classes = List.copyOf(classes);
    Set<String> names = new HashSet<>();
    int previous = 0;
    for (LabelClass c : classes) {
      if (c.index() <= previous || c.index() > 255) {
        throw new IllegalArgumentException(
            "class " + c.name() + " has index " + c.index() + "; indices must ascend within 1..255");
      }
      if (!names.add(c.name())) {
        throw new IllegalArgumentException("class " + c.name() + " is listed twice");
      }
      previous = c.index();
    }
  }

  /**
   * Reads a table.
   *
   * @throws IOException if the file can't be read or a row is wrong; the message names the file and the line
   */
  public static LabelTable read(Path csv) throws IOException {
    if (Files.size(csv) > MAX_FILE_BYTES) {
      throw new IOException(csv + ": " + Files.size(csv) + " bytes is too large for a label table");
    }
    List<String> lines = Files.readAllLines(csv, StandardCharsets.UTF_8);
    if (lines.isEmpty() || !parseRow(csv, 1, stripMark(lines.get(0))).equals(COLUMNS)) {
      throw new IOException(csv + " line 1: the header must be " + String.join(",", COLUMNS));
    }
    List<LabelClass> classes = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      LabelClass c = parseClass(csv, i + 1, parseRow(csv, i + 1, lines.get(i)));
      int previous = classes.isEmpty() ? 0 : classes.get(classes.size() - 1).index();
      if (c.index() <= previous) {
        throw bad(csv, i + 1, "index " + c.index() + " does not follow " + previous + " in ascending order");
      }
      if (!names.add(c.name())) {
        throw bad(csv, i + 1, "name " + c.name() + " occurs twice");
      }
      classes.add(c);
    }
    return new LabelTable(classes);
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

  private static LabelClass parseClass(Path csv, int line, List<String> cells) throws IOException {
    if (cells.size() != COLUMNS.size()) {
      throw bad(csv, line, cells.size() + " columns instead of " + COLUMNS.size());
    }
    int index = number(csv, line, "index", cells.get(0), 1);
    String name = cells.get(1);
    if (!name.matches("[A-Za-z0-9_.+-]{1,64}")) {
      throw bad(csv, line, "name '" + name + "' must be 1 to 64 letters, digits or _ . + -");
    }
    if (cells.get(2).isBlank() || cells.get(2).length() > 64) {
      throw bad(csv, line, "label must have 1 to 64 characters (DICOM LO)");
    }
    String[] rgb = cells.get(18).trim().split(" +");
    if (rgb.length != 3) {
      throw bad(csv, line, "rgb '" + cells.get(18) + "' must be three numbers: r g b");
    }
    int colour = 0;
    for (String component : rgb) {
      colour = colour << 8 | number(csv, line, "rgb", component, 0);
    }
    return new LabelClass(
        index,
        name,
        cells.get(2),
        code(csv, line, cells, 3).orElseThrow(() -> bad(csv, line, "category is empty")),
        code(csv, line, cells, 6).orElseThrow(() -> bad(csv, line, "type is empty")),
        code(csv, line, cells, 9),
        code(csv, line, cells, 12),
        code(csv, line, cells, 15),
        colour);
  }

  private static Optional<Code> code(Path csv, int line, List<String> cells, int column) throws IOException {
    String scheme = cells.get(column);
    String value = cells.get(column + 1);
    String meaning = cells.get(column + 2);
    if (scheme.isEmpty() && value.isEmpty() && meaning.isEmpty()) {
      return Optional.empty();
    }
    if (scheme.isBlank() || value.isBlank() || meaning.isBlank()) {
      throw bad(csv, line, COLUMNS.get(column) + ", code and meaning must all be given or all be empty");
    }
    if (scheme.length() > 16 || value.length() > 16 || meaning.length() > 64) {
      throw bad(csv, line, "code " + value + ": scheme and code have at most 16 characters, the meaning 64");
    }
    return Optional.of(new Code(scheme, value, meaning));
  }

  private static int number(Path csv, int line, String column, String text, int least) throws IOException {
    if (text.matches("[0-9]{1,3}")) {
      int value = Integer.parseInt(text);
      if (value >= least && value <= 255) {
        return value;
      }
    }
    throw bad(csv, line, column + " '" + text + "' is not a number in " + least + "..255");
  }

  private static List<String> parseRow(Path csv, int line, String text) throws IOException {
    try {
      return CsvRow.parse(text);
    } catch (IllegalArgumentException e) {
      throw bad(csv, line, e.getMessage());
    }
  }

  private static void addCode(List<String> cells, Optional<Code> code) {
    cells.add(code.map(Code::scheme).orElse(""));
    cells.add(code.map(Code::value).orElse(""));
    cells.add(code.map(Code::meaning).orElse(""));
  }

  private static String stripMark(String line) {
    return line.startsWith("\uFEFF") ? line.substring(1) : line;
  }

  private static IOException bad(Path csv, int line, String what) {
    return new IOException(csv + " line " + line + ": " + what);
  }
}

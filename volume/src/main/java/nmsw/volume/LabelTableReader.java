package nmsw.volume;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads one label table and checks everything that a DICOM object made with it needs. All that is wrong is
 * reported at once, a line of the message each.
 */
final class LabelTableReader {
  private static final long MAX_FILE_BYTES = 1 << 20;
  private static final int MAX_REPORTED = 50;
  private static final int LONGEST_TEXT = 64;
  private static final int LONGEST_CODE = 16;

  private final Path csv;
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Integer> lineOfName = new HashMap<>();
  private final Map<String, Integer> lineOfLabel = new HashMap<>();
  private int line;
  private int previousIndex;

  private LabelTableReader(Path csv) {
    this.csv = csv;
  }

  static LabelTable read(Path csv) throws IOException {
    long bytes = Files.size(csv);
    if (bytes > MAX_FILE_BYTES) {
      throw new IOException(csv + ": " + bytes + " bytes is too large for a label table");
    }
    // Bytes that are no UTF-8 become U+FFFD and are reported with their line.
    List<String> lines = new String(Files.readAllBytes(csv), StandardCharsets.UTF_8).lines().toList();
    return new LabelTableReader(csv).table(lines);
  }

  private LabelTable table(List<String> lines) throws IOException {
    line = 1;
    if (lines.isEmpty() || !cells(stripMark(lines.get(0))).equals(LabelTable.COLUMNS)) {
      throw new IOException(csv + " line 1: the header must be " + String.join(",", LabelTable.COLUMNS));
    }
    List<LabelClass> classes = new ArrayList<>();
    for (line = 2; line <= lines.size(); line++) {
      String row = lines.get(line - 1);
      if (!row.isBlank()) {
        parse(cells(row)).ifPresent(classes::add);
      }
    }
    if (!problems.isEmpty()) {
      throw new IOException(report());
    }
    return new LabelTable(classes);
  }

  private String report() {
    List<String> shown = new ArrayList<>(problems.subList(0, Math.min(problems.size(), MAX_REPORTED)));
    if (shown.size() < problems.size()) {
      shown.add("and " + (problems.size() - shown.size()) + " problems more");
    }
    return String.join("\n", shown);
  }

  private void problem(String what) {
    problems.add(csv + " line " + line + ": " + what);
  }

  private List<String> cells(String row) {
    try {
      return CsvRow.parse(row);
    } catch (IllegalArgumentException e) {
      problem(e.getMessage());
      return List.of();
    }
  }

  /** Empty if anything was wrong; what it was is among the problems then. */
  private Optional<LabelClass> parse(List<String> cells) {
    if (cells.isEmpty()) {
      return Optional.empty();
    }
    if (cells.size() != LabelTable.COLUMNS.size()) {
      problem(cells.size() + " columns instead of " + LabelTable.COLUMNS.size());
      return Optional.empty();
    }
    int before = problems.size();
    int index = index(cells.get(0));
    String name = name(cells.get(1));
    String label = label(cells.get(2));
    Optional<Code> category = required(cells, 3);
    Optional<Code> type = required(cells, 6);
    Optional<Code> modifier = code(cells, 9);
    Optional<Code> region = code(cells, 12);
    Optional<Code> regionModifier = code(cells, 15);
    if (regionModifier.isPresent() && region.isEmpty()) {
      problem("region_modifier without a region that it modifies");
    }
    int rgb = rgb(cells.get(18));
    if (problems.size() > before) {
      return Optional.empty();
    }
    return Optional.of(
        new LabelClass(
            index, name, label, category.orElseThrow(), type.orElseThrow(), modifier, region, regionModifier, rgb));
  }

  private int index(String text) {
    int index = number("index", text, 1);
    if (index > 0) {
      if (index <= previousIndex) {
        problem("index " + index + " does not follow " + previousIndex + " in ascending order");
      }
      previousIndex = index;
    }
    return index;
  }

  private String name(String name) {
    if (!name.matches("[A-Za-z0-9_.+-]{1,64}")) {
      problem("name '" + name + "' must be 1 to 64 letters, digits or _ . + -");
    }
    unique("name", name, lineOfName);
    return name;
  }

  private String label(String label) {
    if (label.isBlank() || label.length() > LONGEST_TEXT) {
      problem("label must have 1 to 64 characters (DICOM LO), not " + label.strip().length());
    }
    requireAscii("label", label);
    unique("label", label, lineOfLabel);
    return label;
  }

  private void unique(String column, String value, Map<String, Integer> seen) {
    Integer first = seen.putIfAbsent(value, line);
    if (first != null) {
      problem(column + " '" + value + "' occurs twice, first in line " + first);
    }
  }

  private Optional<Code> required(List<String> cells, int column) {
    int before = problems.size();
    Optional<Code> code = code(cells, column);
    if (code.isEmpty() && problems.size() == before) {
      problem(LabelTable.COLUMNS.get(column).replace("_scheme", "") + " is empty");
    }
    return code;
  }

  private Optional<Code> code(List<String> cells, int column) {
    String what = LabelTable.COLUMNS.get(column).replace("_scheme", "");
    String scheme = cells.get(column);
    String value = cells.get(column + 1);
    String meaning = cells.get(column + 2);
    if (scheme.isEmpty() && value.isEmpty() && meaning.isEmpty()) {
      return Optional.empty();
    }
    if (scheme.isBlank() || value.isBlank() || meaning.isBlank()) {
      problem(what + ": scheme, code and meaning must all be given or all be empty");
      return Optional.empty();
    }
    if (scheme.length() > LONGEST_CODE || value.length() > LONGEST_CODE || meaning.length() > LONGEST_TEXT) {
      problem(
          what + ": scheme and code have at most 16 characters (DICOM SH), the meaning 64 (DICOM LO); '" + value
              + "' or its scheme or meaning is longer");
    }
    requireAscii(what, scheme + value + meaning);
    if (scheme.equals("SCT") && !SnomedIdentifier.isConcept(value)) {
      problem(what + ": '" + value + "' is no SNOMED CT concept (a digit is wrong or missing)");
    }
    return Optional.of(new Code(scheme, value, meaning));
  }

  /** What we write ourselves has to fit every character set of a source. */
  private void requireAscii(String what, String text) {
    if (text.indexOf('\uFFFD') >= 0) {
      problem(what + " '" + text + "' is not UTF-8; save the table as UTF-8");
    } else if (!text.chars().allMatch(c -> c >= ' ' && c < 0x7F && c != '\\')) {
      problem(what + " '" + text + "' must be plain ASCII without backslash");
    }
  }

  private int rgb(String text) {
    if (text.isBlank()) {
      problem("rgb is empty; the display colour is three numbers: r g b");
      return 0;
    }
    String[] components = text.trim().split(" +");
    if (components.length != 3) {
      problem("rgb '" + text + "' must be three numbers: r g b");
      return 0;
    }
    int colour = 0;
    for (String component : components) {
      colour = colour << 8 | Math.max(0, number("rgb", component, 0));
    }
    return colour;
  }

  /** -1 if it is no number from {@code least} to 255. */
  private int number(String column, String text, int least) {
    if (text.matches("[0-9]{1,3}")) {
      int value = Integer.parseInt(text);
      if (value >= least && value <= 255) {
        return value;
      }
    }
    problem(column + " '" + text + "' is not a number in " + least + "..255");
    return -1;
  }

  private static String stripMark(String row) {
    return row.startsWith("\uFEFF") ? row.substring(1) : row;
  }
}

package nmsw.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A row of a CSV file (RFC 4180) whose cells hold no line breaks. */
public final class CsvRow {
  private CsvRow() {}

  /**
   * The cells of a line.
   *
   * @throws IllegalArgumentException if a quoted cell does not end on the line
   */
  public static List<String> parse(String line) {
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean inQuotes = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (inQuotes) {
        if (c != '"') {
          cell.append(c);
        } else if (i + 1 < line.length() && line.charAt(i + 1) == '"') {
          cell.append('"');
          i++;
        } else {
          inQuotes = false;
        }
      } else if (c == '"' && cell.isEmpty()) {
        inQuotes = true;
      } else if (c == ',') {
        cells.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    if (inQuotes) {
      throw new IllegalArgumentException("a quoted cell does not end on its line");
    }
    cells.add(cell.toString());
    return cells;
  }

  /** The line that {@link #parse} takes apart into these cells; without a line break at its end. */
  public static String format(List<String> cells) {
    return cells.stream().map(CsvRow::quoted).collect(Collectors.joining(","));
  }

  private static String quoted(String cell) {
    if (cell.indexOf('\n') >= 0 || cell.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("a cell with a line break");
    }
    return cell.indexOf(',') < 0 && cell.indexOf('"') < 0 ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }
}

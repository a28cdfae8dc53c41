package nmsw.training.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nmsw.volume.CsvRow;

/** The file {@code cases.csv}: a case belongs to a data set when, and only when, it is listed there. */
final class CaseList {
  static final String FILE = "cases.csv";

  private static final long MAX_BYTES = 1 << 28;

  private CaseList() {}

  /**
   * The cases in the order of the file.
   *
   * @throws IOException if it is no such list, names a case twice, or puts a patient in two parts
   */
  static List<CaseRow> read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + ": " + Files.size(file) + " bytes is too large for a list of cases");
    }
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    List<String> header = lines.isEmpty() ? List.of() : CsvRow.parse(lines.get(0));
    if (!header.contains(CaseRow.CASE) || !header.contains(CaseRow.SPLIT)) {
      throw new IOException(file + ": the first line must name the columns case and split");
    }
    List<CaseRow> cases = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Map<String, Part> parts = new HashMap<>();
    for (int line = 1; line < lines.size(); line++) {
      if (lines.get(line).isBlank()) {
        continue;
      }
      CaseRow row = row(file, line + 1, header, lines.get(line));
      if (!names.add(row.name())) {
        throw new IOException(file + " line " + (line + 1) + ": case " + row.name() + " is listed twice");
      }
      Part other = parts.putIfAbsent(row.patient(), row.part());
      if (other != null && other != row.part()) {
        throw new IOException(
            file + " line " + (line + 1) + ": case " + row.name() + " is in part " + row.part().text()
                + ", but others of its patient are in part " + other.text());
      }
      cases.add(row);
    }
    return cases;
  }

  static void write(Path file, List<CaseRow> cases) throws IOException {
    StringBuilder text = new StringBuilder(CsvRow.format(CaseRow.COLUMNS)).append('\n');
    cases.forEach(row -> text.append(CsvRow.format(row.cells())).append('\n'));
    DurableFile.write(file, temporary -> Files.writeString(temporary, text));
  }

  private static CaseRow row(Path file, int line, List<String> header, String text) throws IOException {
    try {
      List<String> cells = CsvRow.parse(text);
      if (cells.size() != header.size()) {
        throw new IllegalArgumentException(cells.size() + " cells in place of " + header.size());
      }
      Map<String, String> byColumn = new HashMap<>();
      for (int i = 0; i < header.size(); i++) {
        byColumn.put(header.get(i), cells.get(i));
      }
      return CaseRow.parse(byColumn);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " line " + line + ": " + e.getMessage(), e);
    }
  }
}

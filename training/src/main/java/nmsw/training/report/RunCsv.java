package nmsw.training.report;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A growing table of a run, a CSV file (RFC 4180) whose first column is the iteration. A process that dies while it writes
 * leaves at most one line without an end, which is no line of the table.
 */
public final class RunCsv {
  private final Path file;

  public RunCsv(Path file) {
    this.file = file;
  }

  /** A field as it stands in a line: quoted where it must be, line breaks as spaces. */
  public static String field(String text) {
    String line = text.replaceAll("\\R", " ");
    return line.contains(",") || line.contains("\"") ? '"' + line.replace("\"", "\"\"") + '"' : line;
  }

  /**
   * Adds a line, after the header where the file is new.
   *
   * @param header names of the columns, the first being the iteration
   */
  public void append(String header, String line) throws IOException {
    boolean fresh = !Files.exists(file);
    try (BufferedWriter out =
        Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      out.write(fresh ? header + "\n" + line + "\n" : line + "\n");
    }
  }

  /** Drops the lines of iterations after this one, and what is no whole line; a table without lines is deleted. */
  public void truncate(int iteration) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    List<String> lines = wholeLines();
    List<String> kept = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (i == 0 || iteration(lines.get(i)) <= iteration) {
        kept.add(lines.get(i));
      }
    }
    if (kept.size() < 2) {
      Files.delete(file);
      return;
    }
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(temporary, kept);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Far above any iteration where the line does not begin with one: what a power loss left is dropped. */
  private static int iteration(String line) {
    int comma = line.indexOf(',');
    return comma > 0 && line.substring(0, comma).matches("\\d{1,9}")
        ? Integer.parseInt(line.substring(0, comma))
        : Integer.MAX_VALUE;
  }

  /** What the file holds now; without columns if there is none. */
  RunTable read() throws IOException {
    if (!Files.exists(file)) {
      return new RunTable(List.of(), List.of());
    }
    List<List<String>> lines = wholeLines().stream().map(RunCsv::fields).toList();
    return lines.isEmpty()
        ? new RunTable(List.of(), List.of())
        : new RunTable(lines.get(0), lines.subList(1, lines.size()));
  }

  /** Bytes that are no UTF-8 become replacement characters: half a character is half a line. */
  private List<String> wholeLines() throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        boolean doubled = quoted && i + 1 < line.length() && line.charAt(i + 1) == '"';
        if (doubled) {
          field.append(c);
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (c == ',' && !quoted) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    fields.add(field.toString());
    return fields;
  }
}

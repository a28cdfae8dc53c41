package nmsw.training.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import nmsw.volume.CsvRow;

/**
 * This project's own layout: {@code cases.csv} with the column {@code case} and, if there are any, {@code patient}, {@code
 * split} and {@code annotated} (label values, all if it is empty); beside it {@code NAME_ct.nii.gz} and {@code NAME_labels.nii.gz}.
 */
record NamedPairs(Path folder) implements StudySource {
  private static final int MAX_NAME = 200;

  @Override
  public List<Study> studies() throws IOException {
    Path list = folder.resolve(CaseList.FILE);
    List<String> lines = Files.readAllLines(list, StandardCharsets.UTF_8);
    List<String> header = lines.isEmpty() ? List.of() : row(list, 1, lines.get(0));
    if (!header.contains(CaseRow.CASE)) {
      throw new IOException(list + ": the first line must name the column case");
    }
    List<Study> studies = new ArrayList<>();
    for (int line = 1; line < lines.size(); line++) {
      if (!lines.get(line).isBlank()) {
        studies.add(study(header, row(list, line + 1, lines.get(line))));
      }
    }
    return studies;
  }

  private static List<String> row(Path list, int line, String text) throws IOException {
    try {
      return CsvRow.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IOException(list + " line " + line + ": " + e.getMessage(), e);
    }
  }

  private Study study(List<String> header, List<String> cells) {
    String name = cell(header, cells, CaseRow.CASE).orElse("");
    if (!isFileName(name)) {
      return new RefusedStudy(
          name, new CaseRefusal(CaseRefusal.Code.BAD_NAME, "a case name must be a file's, without a folder"));
    }
    return new LabelMapStudy(
        name,
        cell(header, cells, "patient").orElse(name),
        cell(header, cells, CaseRow.SPLIT).flatMap(Part::of),
        StoredCases.image(folder, name),
        StoredCases.labels(folder, name),
        cell(header, cells, "annotated").filter(text -> !text.isBlank()).map(NamedPairs::values));
  }

  private static Optional<String> cell(List<String> header, List<String> cells, String column) {
    int index = header.indexOf(column);
    return index < 0 || index >= cells.size() ? Optional.empty() : Optional.of(cells.get(index));
  }

  private static SortedSet<Integer> values(String text) {
    SortedSet<Integer> values = new TreeSet<>();
    for (String word : text.split("\\s+")) {
      if (word.matches("[0-9]{1,3}")) {
        values.add(Integer.valueOf(word));
      }
    }
    return values;
  }

  private static boolean isFileName(String name) {
    return !name.isBlank()
        && name.length() <= MAX_NAME
        && name.codePoints().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c));
  }
}

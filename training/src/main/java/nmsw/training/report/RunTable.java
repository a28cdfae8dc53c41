package nmsw.training.report;

import java.util.List;

/**
 * A table that was read back.
 *
 * @param columns names
 * @param rows fields; a row may be shorter than the header
 */
record RunTable(List<String> columns, List<List<String>> rows) {
  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** The fields of a column; empty text where a row has none. */
  List<String> texts(String column) {
    int at = columns.indexOf(column);
    return rows.stream().map(row -> at >= 0 && at < row.size() ? row.get(at) : "").toList();
  }

  /** The numbers of a column; NaN where a row has none. */
  double[] numbers(String column) {
    return texts(column).stream().mapToDouble(RunTable::number).toArray();
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}

package nmsw.dicom.deid;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Table E.1-1 of PS3.15, read once from {@code confidentiality.tsv}. */
final class ConfidentialityTable {
  /**
   * One row, its actions as the standard writes them; empty where an option leaves the attribute to the Basic
   * Profile.
   *
   * @param mask the digits of the tag that are not {@code x}
   */
  record Row(int tag, int mask, String basic, String device, String dates, String descriptors) {
    /** Whether the Basic Profile leaves this action to choose. */
    boolean allows(String action) {
      return List.of(basic.split("/")).contains(action);
    }
  }

  private static final String RESOURCE = "confidentiality.tsv";
  private static final int COLUMNS = 6;
  private static final ConfidentialityTable INSTANCE = new ConfidentialityTable();

  private final Map<Integer, Row> single = new HashMap<>();
  private final List<Row> repeating = new ArrayList<>();

  private ConfidentialityTable() {
    try (InputStream in = ConfidentialityTable.class.getResourceAsStream(RESOURCE);
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          add(line.split("\t", COLUMNS));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("resource " + RESOURCE, e);
    }
  }

  private void add(String[] cells) {
    int tag = Integer.parseUnsignedInt(cells[0].replace('x', '0'), 16);
    int mask = Integer.parseUnsignedInt(cells[0].replaceAll("[^x]", "F").replace('x', '0'), 16);
    Row row = new Row(tag, mask, cells[1], cells[2], cells[3], cells[4]);
    if (mask == -1) {
      single.put(tag, row);
    } else {
      repeating.add(row);
    }
  }

  static Optional<Row> row(int tag) {
    Row row = INSTANCE.single.get(tag);
    return row != null
        ? Optional.of(row)
        : INSTANCE.repeating.stream().filter(r -> (tag & r.mask()) == r.tag()).findFirst();
  }

  static List<Row> rows() {
    List<Row> rows = new ArrayList<>(INSTANCE.repeating);
    rows.addAll(INSTANCE.single.values());
    return rows;
  }
}

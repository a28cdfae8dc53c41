package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder of labelled CT: {@code cases.csv} with at least the columns {@code case} and {@code split} (train, validation or
 * test), and per case {@code NAME_ct.nii.gz} and {@code NAME_labels.nii.gz} on one grid. {@link StudyImport} makes such
 * folders; any other program may.
 */
public final class DataSet {
  private static final Logger LOG = LoggerFactory.getLogger(DataSet.class);

  private final Path folder;
  private final List<CaseRow> rows;
  private final List<Integer> values;

  private DataSet(Path folder, List<CaseRow> rows, List<Integer> values) {
    this.folder = folder;
    this.rows = List.copyOf(rows);
    this.values = List.copyOf(values);
  }

  /**
   * @param values label value in the files of class 1, 2, ...; other values become background
   * @throws IOException if the folder has no list of cases, or a wrong one
   */
  public static DataSet open(Path folder, List<Integer> values) throws IOException {
    for (int value : values) {
      if (value < 1 || value > 255) {
        throw new IllegalArgumentException("label value " + value + " is not in 1..255");
      }
    }
    return new DataSet(folder, CaseList.read(folder.resolve(CaseList.FILE)), values);
  }

  /**
   * @throws IOException if there are none with a class that was annotated
   */
  public TrainableCases training() throws IOException {
    return new TrainableCases(required(Part.TRAIN));
  }

  /**
   * @throws IOException if there are none with a class that was annotated
   */
  public TrainableCases validation() throws IOException {
    return new TrainableCases(required(Part.VALIDATION));
  }

  /** The held-out cases, if the data set has such a part. */
  public Optional<TestCases> test() {
    StoredCases cases = cases(Part.TEST);
    return cases.rows().isEmpty() ? Optional.empty() : Optional.of(new TestCases(cases));
  }

  private StoredCases required(Part part) throws IOException {
    StoredCases cases = cases(part);
    if (cases.rows().isEmpty()) {
      throw new IOException(
          folder.resolve(CaseList.FILE)
              + ": no case of split " + part.text() + " in which one of the classes was annotated");
    }
    return cases;
  }

  /** Those in which a class was annotated: in others there is nothing to learn or to measure. */
  private StoredCases cases(Part part) {
    List<CaseRow> all = rows.stream().filter(row -> row.part() == part).toList();
    List<CaseRow> some = all.stream().filter(row -> values.stream().anyMatch(row::isAnnotated)).toList();
    if (some.size() < all.size()) {
      LOG.warn(
          "{}: {} of {} {} cases are left out, none of the classes was annotated in them",
          folder, all.size() - some.size(), all.size(), part.text());
    }
    return new StoredCases(folder, some, values);
  }
}

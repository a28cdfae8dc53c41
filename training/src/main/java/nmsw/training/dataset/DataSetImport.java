package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.deid.DeidentificationKey;
import nmsw.volume.LabelTable;

/**
 * Which studies are taken into which data set, and how.
 *
 * @param from folder of the labelled studies, or the spool of those that are retrieved
 * @param to folder of the data set
 * @param layout of the studies; empty for what fits
 * @param table the data set's classes
 * @param mapping which class a local label means; empty where names and values are the table's
 * @param key secret behind pseudonyms and split, made if it is missing
 * @param fractions of the data set's parts; empty for those it was begun with, or the usual ones
 * @param keepSplit whether a study is in the part that its source says, where it says one
 * @param keepNames whether cases are called as in the source
 * @param source tells sources apart whose studies have the same names
 */
public record DataSetImport(
    Path from,
    Path to,
    Optional<Layout> layout,
    LabelTable table,
    Optional<Path> mapping,
    Path key,
    List<Double> fractions,
    boolean keepSplit,
    boolean keepNames,
    String source) {
  static final String USUAL_FRACTIONS = "0.7,0.1,0.2";

  /**
   * What an import did, without local names.
   *
   * @param inPart number of cases that each part has then
   */
  public record Counts(int added, int present, int refused, Map<Part, Integer> inPart) {
    public Counts {
      inPart = Map.copyOf(inPart);
    }
  }

  static Path report(Path dataSet) {
    return dataSet.resolve("report.html");
  }

  /**
   * Adds what is new.
   *
   * @param afterStudy called after each; what it throws ends the import, and what was added stays
   * @throws IllegalArgumentException if the places do not go together
   * @throws IOException if the source as a whole can't be read, or the data set can't be written
   */
  public Counts run(Runnable afterStudy) throws IOException {
    check();
    StudyImport.Outcome outcome = run((done, total) -> afterStudy.run());
    Map<Part, Integer> inPart = new EnumMap<>(Part.class);
    for (Part part : Part.values()) {
      inPart.put(part, 0);
    }
    Path list = to.resolve(CaseList.FILE);
    if (Files.exists(list)) {
      CaseList.read(list).forEach(row -> inPart.merge(row.part(), 1, Integer::sum));
    }
    return new Counts(outcome.added().size(), outcome.present(), outcome.refused().size(), inPart);
  }

  /** Where studies come from. */
  interface Origin {
    /**
     * @param studies takes them
     * @param secret behind the data set's pseudonyms
     */
    StudyImport.Outcome importInto(StudyImport studies, DeidentificationKey secret) throws IOException;
  }

  /** Adds what is new of the folder, once checked, and writes the report. */
  StudyImport.Outcome run(StudyImport.Progress progress) throws IOException {
    return importFrom((studies, secret) -> studies.run(chosenLayout().open(from, secret), progress));
  }

  /** Adds what is new of an origin, once checked, and writes the report. */
  StudyImport.Outcome importFrom(Origin origin) throws IOException {
    LabelMapping labels =
        mapping.isEmpty() ? LabelMapping.of(table) : LabelMapping.read(mapping.get(), table);
    DeidentificationKey secret = DeidentificationKey.readOrCreate(key);
    try (DataSetFolder folder =
        DataSetFolder.open(to, secret, table, fractions, SplitRule.parse(USUAL_FRACTIONS))) {
      LocalNames names = new LocalNames(secret, source, keepNames);
      StudyImport studies = new StudyImport(folder, secret, labels, names, keepSplit);
      StudyImport.Outcome outcome = origin.importInto(studies, secret);
      ImportReport.write(report(to), folder, outcome, keepNames);
      return outcome;
    }
  }

  private Layout chosenLayout() throws IOException {
    return layout.isPresent() ? layout.get() : Layout.detect(from);
  }

  /**
   * The key would give the data set's patients away, a data set within its source would be read as a study, and what a data
   * set was begun with stays.
   *
   * @throws IllegalArgumentException if they do not go together
   */
  void check() throws IOException {
    if (!Files.isDirectory(from)) {
      throw new IllegalArgumentException(from + " is not a folder of studies");
    }
    checkAll();
    if (real(to).startsWith(real(from)) || real(from).startsWith(real(to))) {
      throw new IllegalArgumentException(to + " and " + from + " must not lie within one another");
    }
  }

  /**
   * As {@link #check}, of studies that are retrieved.
   *
   * @throws IllegalArgumentException if they do not go together
   */
  void checkRetrieval() throws IOException {
    checkAll();
    if (real(from).startsWith(real(to))) {
      throw new IllegalArgumentException(
          "the spool " + from + " lies inside the data set, which must hold nothing of patients");
    }
  }

  private void checkAll() throws IOException {
    if (!fractions.isEmpty()) {
      SplitRule.check(fractions);
    }
    if (real(key).startsWith(real(to))) {
      throw new IllegalArgumentException(
          "the key " + key + " lies inside the data set, which must be shown to others without it");
    }
    if (keepNames && chosenLayout() == Layout.DICOM) {
      throw new IllegalArgumentException(
          "names are kept of files that hold no patient; DICOM studies get pseudonyms");
    }
  }

  /** Where a path leads, links followed as far as it exists. */
  private static Path real(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path there = absolute;
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    return there.toRealPath().resolve(there.relativize(absolute));
  }
}

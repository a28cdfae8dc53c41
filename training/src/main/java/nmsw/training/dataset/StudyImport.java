package nmsw.training.dataset;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import nmsw.dicom.deid.DeidentificationKey;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.Grid;
import nmsw.volume.Vec3;

/**
 * Takes a source's labelled studies into a data set. A study that is there already is left as it is, a bad one is reported
 * and left out; neither stops the others. What it is given by is a folder, so it does not matter who filled it.
 */
final class StudyImport {
  /**
   * A study that did not become a case.
   *
   * @param name local
   * @param caseName what it would be called in the data set; empty if it can be called nothing
   * @param text may hold local names
   */
  record Refused(String name, String caseName, String code, String advice, String text) {}

  /**
   * @param present studies that were cases before
   * @param unknown local labels that the mapping does not know, with the number of new cases that have them
   */
  record Outcome(List<CaseRow> added, int present, List<Refused> refused, SortedMap<String, Integer> unknown) {}

  /** Told after every study. */
  interface Progress {
    void done(int studies, int total);
  }

  private final DataSetFolder target;
  private final LabelMapping mapping;
  private final LocalNames names;
  private final SplitRule rule;
  private final boolean keepSplit;

  private final Map<String, CaseRow> byName = new HashMap<>();
  private final Map<String, String> byContent = new HashMap<>();
  private final Map<String, Part> byPatient = new HashMap<>();
  private final List<CaseRow> added = new ArrayList<>();
  private final List<Refused> refused = new ArrayList<>();
  private final SortedMap<String, Integer> unknown = new TreeMap<>();
  private int present;

  /**
   * @param keepSplit whether a study is in the part that its source says, where it says one
   */
  StudyImport(
      DataSetFolder target, DeidentificationKey key, LabelMapping mapping, LocalNames names, boolean keepSplit) {
    this.target = target;
    this.mapping = mapping;
    this.names = names;
    this.rule = new SplitRule(key, target.fractions());
    this.keepSplit = keepSplit;
    target.rows().forEach(this::remember);
  }

  /**
   * Adds what is new.
   *
   * @throws IOException if the source as a whole can't be read, or the data set can't be written
   */
  Outcome run(StudySource source, Progress progress) throws IOException {
    List<Study> studies = source.studies();
    for (int i = 0; i < studies.size(); i++) {
      take(studies.get(i));
      progress.done(i + 1, studies.size());
    }
    return new Outcome(added, present, refused, unknown);
  }

  /** Whether a study of this name need not be looked at: it is in the data set. */
  boolean hasCaseOf(String study) {
    try {
      return byName.containsKey(names.caseName(study));
    } catch (CaseRefusal e) {
      return false;
    }
  }

  private void take(Study study) throws IOException {
    String name = "";
    LabelledStudy read;
    CaseRow row;
    try {
      name = names.caseName(study.name());
      String signature = names.hidden(study.signature());
      if (byName.containsKey(name)) {
        requireUnchanged(byName.get(name), signature);
        present++;
        return;
      }
      read = study.read(mapping);
      row = row(name, study, signature, read);
    } catch (CaseRefusal e) {
      refuse(study, name, e.code().name(), e.code().advice(), e.getMessage());
      return;
    } catch (GeometryRefusal e) {
      refuse(study, name, e.code().name(), CaseRefusal.advice(e.code()), e.getMessage());
      return;
    } catch (IOException e) {
      refuse(study, name, CaseRefusal.Code.UNREADABLE.name(), CaseRefusal.Code.UNREADABLE.advice(), e.getMessage());
      return;
    }
    target.add(row, read, CasePreview.png(read, target.table()));
    remember(row);
    added.add(row);
    read.unknown().forEach(label -> unknown.merge(label, 1, Integer::sum));
  }

  private CaseRow row(String name, Study study, String signature, LabelledStudy read)
      throws CaseRefusal, IOException {
    String content = ContentHash.of(read.image());
    if (byContent.containsKey(content)) {
      throw new CaseRefusal(CaseRefusal.Code.DUPLICATE, "it is the same image as that of " + byContent.get(content));
    }
    StudyCheck check = StudyCheck.of(read, target.table());
    String patient = study.deidentified() ? study.patient() : names.patientName(study.patient());
    Grid grid = read.image().grid();
    Vec3 mm = new Vec3(grid.stepX().length(), grid.stepY().length(), grid.stepZ().length());
    return new CaseRow(
        name,
        patient,
        part(study, patient),
        List.of(grid.nx(), grid.ny(), grid.nz()),
        List.of(mm.x(), mm.y(), mm.z()),
        List.copyOf(read.annotated()),
        check.millilitres(),
        check.findings(),
        content,
        ContentHash.of(read.labels()),
        signature);
  }

  private Part part(Study study, String patient) throws CaseRefusal {
    Part known = byPatient.get(patient);
    Part wanted = keepSplit && study.part().isPresent() ? study.part().get() : known != null ? known : rule.partOf(patient);
    if (known != null && known != wanted) {
      throw new CaseRefusal(
          CaseRefusal.Code.OTHER_PART,
          "the source has it in " + wanted.text() + ", other studies of its patient are in " + known.text());
    }
    return wanted;
  }

  private static void requireUnchanged(CaseRow row, String signature) throws CaseRefusal {
    if (!row.source().equals(signature)) {
      throw new CaseRefusal(CaseRefusal.Code.CHANGED, "its files have other names or sizes than when it was imported");
    }
  }

  private void remember(CaseRow row) {
    byName.put(row.name(), row);
    byContent.put(row.ctSha256(), row.name());
    byPatient.put(row.patient(), row.part());
  }

  private void refuse(Study study, String name, String code, String advice, String text) {
    refused.add(new Refused(study.name(), name, code, advice, text));
  }
}

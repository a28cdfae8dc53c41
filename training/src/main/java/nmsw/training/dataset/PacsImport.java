package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.DicomException;
import nmsw.dicom.deid.Deidentifier;
import nmsw.dicom.net.QueryRetrieve;
import nmsw.training.dataset.Pacs.Series;

/**
 * Imports studies of an archive one after another, each through the spool and as the folder that it then is. No query
 * tells what a Segmentation or RT Structure Set labels: a study's label series are retrieved first, then the CT series that
 * they name and that are no case yet. A study is retrieved as a whole or not at all, for a case never changes.
 */
final class PacsImport {
  private final Pacs pacs;
  private final RetrieveSpool spool;
  private final Deidentifier deidentifier;
  private final StudyImport task;
  private int present;

  PacsImport(Pacs pacs, RetrieveSpool spool, Deidentifier deidentifier, StudyImport task) {
    this.pacs = pacs;
    this.spool = spool;
    this.deidentifier = deidentifier;
    this.task = task;
  }

  /**
   * Ends early when the spool has taken all that it may; what comes after is then not looked at.
   *
   * @throws IOException if there is no association with the archive, or files can't be written; cases so far are kept
   */
  StudyImport.Outcome run(List<String> studyUids, StudyImport.Progress progress) throws IOException {
    StudyImport.Outcome outcome = task.run(() -> List.of(), (done, total) -> {});
    for (int i = 0; i < studyUids.size() && spool.hasRoom(); i++) {
      List<Study> studies = studies(studyUids.get(i));
      outcome = task.run(() -> studies, (done, total) -> {});
      spool.clear();
      progress.done(i + 1, studyUids.size());
    }
    return new StudyImport.Outcome(outcome.added(), outcome.present() + present, outcome.refused(), outcome.unknown());
  }

  private List<Study> studies(String studyUid) throws IOException {
    try (QueryRetrieve association = pacs.connect()) {
      retrieve(association, studyUid);
      return new DicomFolder(spool.study(), deidentifier).studies();
    } catch (CaseRefusal e) {
      return List.of(new RefusedStudy(studyUid, e));
    }
  }

  private void retrieve(QueryRetrieve association, String studyUid) throws IOException, CaseRefusal {
    try {
      List<Series> series = Pacs.series(association, studyUid);
      List<Series> images = series.stream().filter(Pacs::isImages).toList();
      List<Series> missing = images.stream().filter(s -> !task.hasCaseOf(s.uid())).toList();
      present += images.size() - missing.size();
      if (missing.isEmpty()) {
        return;
      }
      Set<String> named = new TreeSet<>();
      for (Series labels : series.stream().filter(Pacs::isLabels).toList()) {
        for (Path file : pacs.retrieve(association, studyUid, labels)) {
          named.addAll(labelled(file, images));
        }
      }
      for (Series image : missing) {
        if (named.contains(image.uid())) {
          pacs.retrieve(association, studyUid, image);
        }
      }
    } catch (DicomException e) {
      throw new CaseRefusal(CaseRefusal.Code.NOT_RETRIEVED, e.getMessage(), e);
    }
  }

  /** The study's series that a label object is for; an object whose series are cases already is dropped. */
  private Set<String> labelled(Path object, List<Series> images) throws IOException, CaseRefusal {
    Set<String> named;
    try {
      named = new HashSet<>(DicomFolder.namedSeries(object));
    } catch (DicomException e) {
      throw new CaseRefusal(CaseRefusal.Code.UNREADABLE, e.getMessage(), e);
    }
    if (named.isEmpty() && images.size() == 1) {
      named.add(images.get(0).uid());
    }
    List<String> here = new ArrayList<>(named);
    here.retainAll(images.stream().map(Series::uid).toList());
    if (!here.isEmpty() && here.stream().allMatch(task::hasCaseOf)) {
      Files.delete(object);
    }
    return Set.copyOf(here);
  }
}

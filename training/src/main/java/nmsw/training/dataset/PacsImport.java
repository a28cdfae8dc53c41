package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    List<Study> studies = new ArrayList<>();
    try (QueryRetrieve association = pacs.connect()) {
      studies.addAll(retrieve(association, studyUid));
      studies.addAll(new DicomFolder(spool.study(), deidentifier).studies());
    } catch (CaseRefusal e) {
      studies.add(new RefusedStudy(studyUid, e));
    }
    return studies;
  }

  /** Brings what is new of a study into the spool, and tells which label series are of no use. */
  private List<Study> retrieve(QueryRetrieve association, String studyUid) throws IOException, CaseRefusal {
    try {
      List<Series> series = Pacs.series(association, studyUid);
      List<Series> images = series.stream().filter(Pacs::isImages).toList();
      List<Series> missing = images.stream().filter(s -> !task.hasCaseOf(s.uid())).toList();
      present += images.size() - missing.size();
      List<Study> useless = new ArrayList<>();
      if (missing.isEmpty()) {
        return useless;
      }
      Set<String> wanted = new TreeSet<>();
      for (Series labels : series.stream().filter(Pacs::isLabels).toList()) {
        for (Path object : pacs.retrieve(association, studyUid, labels)) {
          Optional<String> labelled = labelled(object, images);
          if (labelled.isPresent() && !task.hasCaseOf(labelled.get())) {
            wanted.add(labelled.get());
          } else {
            Files.delete(object);
          }
          if (labelled.isEmpty()) {
            useless.add(new RefusedStudy(labels.uid(), noImage(labels)));
          }
        }
      }
      for (Series image : missing) {
        if (wanted.contains(image.uid())) {
          pacs.retrieve(association, studyUid, image);
        }
      }
      return useless;
    } catch (DicomException e) {
      throw new CaseRefusal(CaseRefusal.Code.NOT_RETRIEVED, e.getMessage(), e);
    }
  }

  private static CaseRefusal noImage(Series labels) {
    return new CaseRefusal(
        CaseRefusal.Code.NO_IMAGE, labels.modality() + " series labels no CT series of its study, or several");
  }

  /**
   * The one series of its study that a label object is for. The folder can't tell, for not all of the study is in it: an
   * object for several series, or any, must not become that of the one which happens to be fetched.
   */
  private static Optional<String> labelled(Path object, List<Series> images) throws IOException, CaseRefusal {
    Set<String> named;
    try {
      named = DicomFolder.namedSeries(object);
    } catch (DicomException e) {
      throw new CaseRefusal(CaseRefusal.Code.UNREADABLE, e.getMessage(), e);
    }
    List<String> here =
        images.stream().map(Series::uid).filter(uid -> named.isEmpty() || named.contains(uid)).toList();
    return here.size() == 1 ? Optional.of(here.get(0)) : Optional.empty();
  }
}

package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.QueryRetrieve;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Retrieval;
import nmsw.dicom.net.ServerConfig;

/**
 * An archive as the import asks it: studies, their series, and the objects of a series. Objects come on the association
 * (C-GET), or the archive sends them (C-MOVE) to a server that listens until closed and answers to our AE title alone.
 */
final class Pacs implements AutoCloseable {
  /** How objects are retrieved. */
  enum Method {
    GET,
    MOVE
  }

  /** What a query at the series level tells of a series. */
  record Series(String uid, String modality) {}

  /** Studies of a query; {@code all} if the archive has no more. */
  record Studies(List<String> uids, boolean all) {}

  /** An archive may fetch from tape before it says a word. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private static final int MAX_SERIES = 1000;
  private static final Set<String> LABEL_MODALITIES = Set.of("SEG", "RTSTRUCT");

  private final RemoteAe remote;
  private final String aeTitle;
  private final RetrieveSpool spool;
  private final DicomServer server;

  private Pacs(RemoteAe remote, String aeTitle, RetrieveSpool spool, DicomServer server) {
    this.remote = remote;
    this.aeTitle = aeTitle;
    this.spool = spool;
    this.server = server;
  }

  /** An archive that is asked by C-GET. */
  static Pacs get(RemoteAe remote, String aeTitle, RetrieveSpool spool) {
    return new Pacs(remote, aeTitle, spool, null);
  }

  /**
   * An archive that is asked by C-MOVE.
   *
   * @param port where it sends objects to
   * @throws IOException if the port can't be had
   */
  static Pacs move(RemoteAe remote, String aeTitle, RetrieveSpool spool, int port) throws IOException {
    ServerConfig config =
        ServerConfig.builder()
            .port(port)
            .calledAeTitles(Set.of(aeTitle))
            .storageSopClasses(storageClasses())
            .transferSyntaxes(PixelDecoder.transferSyntaxes())
            .closeTimeout(Duration.ofSeconds(2))
            .build();
    return new Pacs(remote, aeTitle, spool, DicomServer.start(config, spool));
  }

  private static Set<String> storageClasses() {
    Set<String> classes = new HashSet<>(DicomFolder.IMAGES);
    classes.addAll(DicomFolder.LABELS);
    return classes;
  }

  static boolean isLabels(Series series) {
    return LABEL_MODALITIES.contains(series.modality());
  }

  static boolean isImages(Series series) {
    return series.modality().equals("CT");
  }

  QueryRetrieve connect() throws IOException {
    Set<String> classes = server == null ? storageClasses() : Set.of();
    return QueryRetrieve.connect(remote, aeTitle, classes, ClientConfig.defaults().withResponseTimeout(PATIENCE));
  }

  /**
   * Studies that may hold labelled CT series: a study whose modalities the archive tells must have them.
   *
   * @param keys matching keys of the study level
   * @param limit matches that are looked at
   */
  static Studies studies(QueryRetrieve association, Dataset keys, int limit) throws IOException {
    Dataset identifier = keys.copy().putString(Tag.QueryRetrieveLevel, "STUDY");
    for (int tag : new int[] {Tag.StudyInstanceUID, Tag.ModalitiesInStudy}) {
      if (!identifier.contains(tag)) {
        identifier.putEmpty(tag);
      }
    }
    List<String> uids = new ArrayList<>();
    boolean all =
        association.find(
            identifier,
            limit,
            match -> {
              String uid = match.string(Tag.StudyInstanceUID).orElse("");
              if (Uid.isValid(uid) && !uids.contains(uid) && mayBeLabelled(match.strings(Tag.ModalitiesInStudy))) {
                uids.add(uid);
              }
              return true;
            });
    return new Studies(uids, all);
  }

  private static boolean mayBeLabelled(List<String> modalities) {
    return modalities.isEmpty()
        || modalities.contains("CT") && modalities.stream().anyMatch(LABEL_MODALITIES::contains);
  }

  /**
   * The series of a study, of every modality.
   *
   * @throws CaseRefusal if they are too many
   */
  static List<Series> series(QueryRetrieve association, String studyUid) throws IOException, CaseRefusal {
    Dataset identifier =
        new Dataset()
            .putString(Tag.QueryRetrieveLevel, "SERIES")
            .putString(Tag.StudyInstanceUID, studyUid)
            .putEmpty(Tag.SeriesInstanceUID)
            .putEmpty(Tag.Modality);
    List<Series> series = new ArrayList<>();
    boolean all =
        association.find(
            identifier,
            MAX_SERIES,
            match -> {
              String uid = match.string(Tag.SeriesInstanceUID).orElse("");
              Series found = new Series(uid, match.string(Tag.Modality).orElse(""));
              if (Uid.isValid(uid) && !series.contains(found)) {
                series.add(found);
              }
              return true;
            });
    if (!all) {
      throw new CaseRefusal(CaseRefusal.Code.NOT_RETRIEVED, "the study has more than " + MAX_SERIES + " series");
    }
    return series;
  }

  /**
   * Brings a series into the spool, all of it.
   *
   * @return its files
   * @throws CaseRefusal if objects are missing
   */
  List<Path> retrieve(QueryRetrieve association, String studyUid, Series series)
      throws IOException, CaseRefusal {
    Dataset identifier =
        new Dataset()
            .putString(Tag.QueryRetrieveLevel, "SERIES")
            .putString(Tag.StudyInstanceUID, studyUid)
            .putString(Tag.SeriesInstanceUID, series.uid());
    spool.expect();
    Retrieval retrieval =
        server == null
            ? association.get(identifier, spool, spool.maxBytes(), spool::hasRoom)
            : association.move(identifier, aeTitle, spool::hasRoom);
    List<Path> files = spool.take(studyUid, series.uid());
    String what = series.modality() + " series " + series.uid();
    if (!spool.hasRoom()) {
      throw new CaseRefusal(
          CaseRefusal.Code.NOT_RETRIEVED, what + " does not fit into what this import may fetch, --max-gib");
    }
    if (!retrieval.isComplete()) {
      throw new CaseRefusal(
          CaseRefusal.Code.NOT_RETRIEVED,
          what + ": " + retrieval.failed() + " objects failed; the PACS ended with " + retrieval.status());
    }
    int sent = retrieval.completed() + retrieval.warnings();
    if (files.isEmpty() || files.size() < sent) {
      throw new CaseRefusal(
          CaseRefusal.Code.NOT_RETRIEVED,
          what + ": the PACS counts " + sent + " objects sent, of which " + files.size() + " arrived and are of it"
              + (server == null ? "" : "; does it know this host's address as " + aeTitle + "?"));
    }
    return files;
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}

package nmsw.scp.review;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreRequest;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.ResultKind;
import nmsw.scp.database.SeriesTable;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.spool.ObjectOutcome;
import nmsw.scp.spool.Spool;
import nmsw.scp.web.ApiSchema;
import nmsw.scp.web.AuditLog;
import nmsw.seg.ResultUids;
import nmsw.seg.Segmentation;
import nmsw.seg.SegmentationFrame;
import nmsw.seg.SegmentationReader;
import nmsw.segmentation.ModelBundle;
import nmsw.volume.GeometryRules;
import nmsw.volume.LabelTable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes Segmentations that correct this node's results: into a spool of their own, by the CT series that they are about,
 * under the same rules as images (durable, then acknowledged; the same again changes nothing). What refers to no series
 * with a result is refused, and a result that comes back from an archive is none. Whether a correction fits its series is found out
 * afterwards ({@link #check}), for that takes reading the series.
 */
public final class Corrections {
  private static final Logger LOG = LoggerFactory.getLogger(Corrections.class);

  /** What a correction may be. */
  public static final Set<String> SOP_CLASSES = Set.of(Uid.SegmentationStorage, Uid.LabelMapSegmentationStorage);

  /** Cannot understand: it is about no series that was segmented here, or about several. */
  public static final Status NOT_OF_A_RESULT = new Status(0xC101);

  /** Cannot understand: it lies in another frame of reference than its series. */
  public static final Status OTHER_FRAME_OF_REFERENCE = new Status(0xC102);

  private static final Duration RETRY = Duration.ofMinutes(1);

  private final Supplier<NodeConfig> settings;
  private final InstantSource clock;
  private final SeriesTable table;
  private final Spool images;
  private final Spool spool;
  private final ResultStore results;
  private final ReviewJournal journal;
  private final AuditLog audit;
  private final Consumer<String> changed;
  private final Looked looked;
  private final Map<String, Instant> notBefore = new HashMap<>();

  /** Told the UID of a series whose correction was looked at. */
  public interface Looked {
    void at(String seriesUid) throws IOException, SQLException;
  }

  /**
   * @param images the spool of the CT series
   * @param spool that of the corrections
   * @param changed told the UID of each series of which something else is to be shown
   */
  public Corrections(
      Supplier<NodeConfig> settings,
      InstantSource clock,
      SeriesTable table,
      Spool images,
      Spool spool,
      ResultStore results,
      ReviewJournal journal,
      AuditLog audit,
      Consumer<String> changed,
      Looked looked) {
    this.settings = settings;
    this.clock = clock;
    this.table = table;
    this.images = images;
    this.spool = spool;
    this.results = results;
    this.journal = journal;
    this.audit = audit;
    this.changed = changed;
    this.looked = looked;
  }

  /** At start-up: what was put into the spool just before the node stopped is noted. */
  public void recover() throws IOException {
    for (Spool.SpooledSeries series : spool.series()) {
      for (Path object : spool.objects(series.seriesUid())) {
        String uid = DicomReader.readUntil(object, Tag.SOPInstanceUID + 1).dataset().requireString(Tag.SOPInstanceUID);
        Instant at = Files.getLastModifiedTime(object).toInstant();
        journal.received(series.seriesUid(), uid, series.callingAe(), modelOf(series.seriesUid()), at);
      }
    }
  }

  /**
   * Stores one correction durably.
   *
   * @return with the UID of the CT series that it is about
   * @throws DicomException with the status to answer, if it is not taken
   * @throws IOException when the sender is gone
   */
  public Spool.Received receive(StoreRequest request, InputStream dataset) throws IOException {
    Receipt receipt = new Receipt();
    Optional<Spool.Received> kept = spool.receive(request, dataset, receipt);
    String from = request.association().callingAeTitle();
    if (kept.isEmpty()) {
      LOG.info(
          "series {} object {} from {} is this node's own result, come back; it is no correction", receipt.seriesUid,
          request.sopInstanceUid(), from);
      return new Spool.Received(receipt.seriesUid, ObjectOutcome.DUPLICATE, 0);
    }
    try {
      note(request, kept.get());
    } catch (IOException e) {
      // Safe in the spool, but nobody would know of it before the next start: let the sender try again.
      throw new DicomException("cannot note a correction: " + e, e).withStatus(Status.OUT_OF_RESOURCES.code());
    }
    return kept.get();
  }

  private void note(StoreRequest request, Spool.Received kept) throws IOException {
    String from = request.association().callingAeTitle();
    String seriesUid = kept.seriesUid();
    if (kept.outcome() == ObjectOutcome.NEW) {
      LOG.info("series {} has a correction {} from {}", seriesUid, request.sopInstanceUid(), from);
      audit.write(
          from, request.association().remoteAddress(), "C-STORE of a correction",
          Map.of("series", seriesUid, "object", request.sopInstanceUid()));
    }
    if (kept.outcome() == ObjectOutcome.CONFLICT) {
      journal.conflict(seriesUid, request.sopInstanceUid(), from, modelOf(seriesUid), clock.instant());
    } else {
      journal.received(seriesUid, request.sopInstanceUid(), from, modelOf(seriesUid), clock.instant());
    }
    changed.accept(seriesUid);
  }

  /** Of a series that has a result. */
  private ModelVersion modelOf(String seriesUid) throws IOException {
    return results
        .find(seriesUid)
        .map(stored -> new ModelVersion(stored.result().model(), stored.result().version()))
        .orElse(new ModelVersion("", ""));
  }

  /** Decides on one object while it is received. */
  private final class Receipt implements Spool.Filing {
    private String seriesUid = "";

    @Override
    public Optional<String> seriesUid(DicomFile object) throws DicomException {
      Segmentation segmentation;
      try {
        segmentation = SegmentationReader.read(object);
      } catch (DicomException e) {
        throw e.withStatus(Status.DATASET_MISMATCH.code());
      }
      try {
        seriesUid = seriesOf(object.dataset(), segmentation);
        requireSameFrameOfReference(segmentation, seriesUid);
        return isOwn(object, segmentation) ? Optional.empty() : Optional.of(seriesUid);
      } catch (DicomException e) {
        throw e;
      } catch (IOException | SQLException e) {
        throw new DicomException("cannot look up its series: " + e.getMessage(), e)
            .withStatus(Status.OUT_OF_RESOURCES.code());
      }
    }

    /** Of a result that is not there any more the UID alone counts. */
    private boolean isOwn(DicomFile object, Segmentation segmentation) throws IOException {
      if (!ResultUids.isResult(object.dataset())) {
        return false;
      }
      for (ResultStore.Sent sent : results.sent(seriesUid)) {
        if (sent.sopInstanceUid().equals(segmentation.sopInstanceUid())) {
          return isSame(segmentation, SegmentationReader.read(DicomReader.read(sent.file())));
        }
      }
      return true;
    }
  }

  /** Archives change headers, and how pixels are compressed, but not what is drawn. */
  private static boolean isSame(Segmentation one, Segmentation other) throws DicomException {
    if (!one.segments().equals(other.segments()) || !one.frames().equals(other.frames())) {
      return false;
    }
    for (int i = 0; i < one.frames().size(); i++) {
      BitSet mask = one.mask(one.frames().get(i));
      if (!mask.equals(other.mask(other.frames().get(i)))) {
        return false;
      }
    }
    return true;
  }

  /** The one series with a result that it names, or whose images it does. */
  private String seriesOf(Dataset object, Segmentation segmentation) throws IOException, SQLException {
    Set<String> named = new TreeSet<>();
    for (Dataset series : object.items(Tag.ReferencedSeriesSequence)) {
      series.string(Tag.SeriesInstanceUID).ifPresent(named::add);
    }
    Set<String> known = new TreeSet<>();
    for (String uid : named.isEmpty() ? seriesOfSources(segmentation) : named) {
      if (table.find(uid).isPresent() && results.find(uid).isPresent()) {
        known.add(uid);
      }
    }
    if (known.size() != 1) {
      throw new DicomException(
          NOT_OF_A_RESULT.code(),
          known.isEmpty()
              ? "it is about no series that was segmented here; it names " + named.size()
              : "it is about " + known.size() + " series that were segmented here");
    }
    return known.iterator().next();
  }

  /** The series in the spool that have the first image that a frame names. */
  private Set<String> seriesOfSources(Segmentation segmentation) throws IOException {
    Optional<String> image =
        segmentation.frames().stream()
            .flatMap(frame -> frame.sources().stream())
            .map(SegmentationFrame.SourceImage::sopInstanceUid)
            .findFirst();
    Set<String> series = new TreeSet<>();
    if (image.isPresent()) {
      for (Spool.SpooledSeries spooled : images.series()) {
        if (Files.exists(images.file(spooled.seriesUid(), image.get()))) {
          series.add(spooled.seriesUid());
        }
      }
    }
    return series;
  }

  private void requireSameFrameOfReference(Segmentation segmentation, String seriesUid) throws IOException {
    List<Path> objects = images.objects(seriesUid);
    if (objects.isEmpty()) {
      throw new DicomException(NOT_OF_A_RESULT.code(), "its series " + seriesUid + " is not here any more");
    }
    Dataset image = DicomReader.readUntil(objects.get(0), Tag.FrameOfReferenceUID + 1).dataset();
    String expected = image.string(Tag.FrameOfReferenceUID).orElse("");
    String given = segmentation.frameOfReferenceUid().orElse("");
    if (!expected.equals(given)) {
      throw new DicomException(
          OTHER_FRAME_OF_REFERENCE.code(),
          "it lies in the frame of reference " + (Uid.isValid(given) ? given : "of no UID") + ", its series " + seriesUid
              + " in another");
    }
  }

  /** Looks at what nobody has looked at yet. */
  public void check() throws IOException, SQLException {
    for (ApiSchema.Correction correction : journal.corrections(CorrectionState.UNCHECKED)) {
      String key = correction.seriesUid() + " " + correction.sopInstanceUid();
      if (notBefore.getOrDefault(key, Instant.MIN).isAfter(clock.instant())) {
        continue;
      }
      try {
        CorrectionCheck.Outcome outcome = outcome(correction);
        notBefore.remove(key);
        note(correction, outcome);
      } catch (IOException e) {
        LOG.warn(
            "series {} correction {} cannot be looked at; trying again: {}", correction.seriesUid(),
            correction.sopInstanceUid(), e.toString());
        notBefore.put(key, clock.instant().plus(RETRY));
      }
    }
  }

  private CorrectionCheck.Outcome outcome(ApiSchema.Correction correction) throws IOException {
    NodeConfig config = settings.get();
    Path file = spool.file(correction.seriesUid(), correction.sopInstanceUid());
    if (!Files.exists(file)) {
      return CorrectionCheck.Outcome.unfit("it was removed with its series");
    }
    if (correction.model().isEmpty()) {
      return CorrectionCheck.Outcome.unfit("the result that it corrects is not here any more");
    }
    Path classes =
        config.modelsDirectory().resolve(correction.model()).resolve(correction.version()).resolve(ModelBundle.CLASSES);
    return new CorrectionCheck(
            images.objects(correction.seriesUid()),
            segmentation(correction.seriesUid()).map(ResultStore.Sent::file),
            LabelTable.read(classes),
            GeometryRules.defaults().withMinSlices(config.series().minSlices()))
        .of(file);
  }

  /** The reason is for the page: labels of segments may tell anything. */
  private void note(ApiSchema.Correction correction, CorrectionCheck.Outcome outcome)
      throws IOException, SQLException {
    audit.write(
        "", "", "correction looked at",
        Map.of("series", correction.seriesUid(), "object", correction.sopInstanceUid(), "outcome", outcome.state().name()));
    journal.checked(correction, outcome, clock.instant());
    LOG.info(
        "series {} correction {} from {}: {} {}", correction.seriesUid(), correction.sopInstanceUid(), correction.from(),
        outcome.state(), outcome.dice());
    looked.at(correction.seriesUid());
    changed.accept(correction.seriesUid());
  }

  /** The Segmentation that the last result was sent as. */
  private Optional<ResultStore.Sent> segmentation(String seriesUid) throws IOException {
    return results.sent(seriesUid).stream().filter(sent -> sent.kind() == ResultKind.SEG).findFirst();
  }

  /** Removes what corrected series that were removed. */
  public void sweep() throws IOException, SQLException {
    for (Spool.SpooledSeries series : spool.recount()) {
      if (table.find(series.seriesUid()).isEmpty()) {
        spool.remove(series, () -> table.find(series.seriesUid()).isEmpty());
      }
    }
  }
}

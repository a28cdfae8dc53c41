package nmsw.scp.result;

import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.scp.config.ResultKind;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.seg.ClassProbabilities;
import nmsw.seg.Equipment;
import nmsw.seg.MeasurementReport;
import nmsw.seg.ResultUids;
import nmsw.seg.SecondaryCapture;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationWriter;
import nmsw.seg.WrittenSegmentation;
import nmsw.volume.ContactSheet;
import nmsw.volume.LabelClass;
import nmsw.volume.SliceStack;

/**
 * The DICOM objects that tell what was found in a series. Each is made when it is first asked for; all of a
 * kind and format are the same object, in this run and in another over the same series. Used by one thread.
 */
public final class ResultObjects {
  private static final int LONGEST_LO = 64;
  private static final String VERSION = "0.1.0";

  private final SegmentedSeries result;
  private final Dataset header;
  private final Equipment equipment;
  private final ResultUids uids;
  private final Clock contentTime;
  private final ClassProbabilities probabilities;
  private final Map<SegmentationFormat, WrittenSegmentation> segmentations = new HashMap<>();
  private Optional<Dataset> preview = Optional.empty();
  private Optional<String> replaces = Optional.empty();

  /**
   * @param serialNumber tells this installation from others, in the equipment module
   * @param contentTime Content Date and Time; fixed, it makes a second run give the same bytes
   */
  public ResultObjects(SegmentedSeries result, String serialNumber, Clock contentTime) {
    this.result = result;
    this.header = result.series().header();
    this.equipment = new Equipment("NMSW Node", "NMSW Node", serialNumber, VERSION);
    this.contentTime = contentTime;
    List<String> instances =
        result.series().stack().slices().stream().map(SliceStack.Slice::sopInstanceUid).toList();
    this.uids =
        ResultUids.derive(
            result.seriesUid(), instances, result.algorithm().name(), result.algorithm().version());
    this.probabilities = new ClassProbabilities(result.probabilities(), result.series().stack());
  }

  private ResultObjects(ResultObjects other, Dataset header) {
    this.result = other.result;
    this.header = header;
    this.equipment = other.equipment;
    this.contentTime = other.contentTime;
    this.uids = other.uids;
    this.probabilities = other.probabilities;
    this.replaces = other.replaces;
  }

  /** Tells this result from those over other images of the series, or of another model. */
  public String uid() {
    return uids.sopInstanceUid();
  }

  /** To be called before the first object is asked for: has each say that it takes the place of an earlier result. */
  public void replacing(ResultHistory.Result earlier) {
    replaces = Optional.of("replaces one of " + earlier.images() + " images");
  }

  /** For whoever reads a list of series, the words that tell two results apart, as far as there is room. */
  private Dataset described(Dataset object) throws DicomException {
    if (replaces.isPresent()) {
      String addition = " (" + replaces.get() + ")";
      String description = object.string(Tag.SeriesDescription).orElse("");
      int room = LONGEST_LO - addition.length();
      String kept = description.length() > room ? description.substring(0, room) : description;
      object.putString(Tag.SeriesDescription, kept + addition);
    }
    return object;
  }

  /**
   * The same objects, by UID too, with what they copy of the source in another character set.
   *
   * @param definedTerm the one value of Specific Character Set
   * @throws IllegalArgumentException if the set lacks a character of the source
   */
  public ResultObjects inCharacterSet(String definedTerm) {
    return new ResultObjects(this, header.inCharacterSet(definedTerm));
  }

  /**
   * One of the objects.
   *
   * @param format of the Segmentation, or of the one that the report refers to
   * @return empty for the Segmentation if no organ was found, for then it cannot exist
   * @throws DicomException if the source lacks an attribute without which no valid object can be written
   */
  public Optional<ResultObject> object(ResultKind kind, SegmentationFormat format) throws DicomException {
    return switch (kind) {
      case SEG -> {
        WrittenSegmentation segmentation = segmentation(format);
        yield segmentation.attributes().isPresent()
            ? Optional.of(ResultObject.of(segmentation))
            : Optional.empty();
      }
      case SR -> Optional.of(ResultObject.of(kind, described(report(segmentation(format)))));
      case PREVIEW -> {
        if (preview.isEmpty()) {
          preview = Optional.of(described(preview()));
        }
        yield Optional.of(ResultObject.of(kind, preview.get()));
      }
    };
  }

  private WrittenSegmentation segmentation(SegmentationFormat format) throws DicomException {
    WrittenSegmentation known = segmentations.get(format);
    if (known == null) {
      known =
          SegmentationWriter.write(
              result.labels(),
              probabilities,
              result.table(),
              header,
              result.algorithm(),
              equipment,
              uids,
              contentTime,
              format);
      if (known.attributes().isPresent()) {
        described(known.attributes().get());
      }
      segmentations.put(format, known);
    }
    return known;
  }

  private Dataset report(WrittenSegmentation segmentation) throws DicomException {
    return MeasurementReport.write(
        result.series().stack(),
        result.statistics(),
        result.table(),
        segmentation,
        header,
        result.algorithm(),
        equipment,
        uids,
        contentTime);
  }

  private Dataset preview() throws DicomException {
    return SecondaryCapture.write(
        ContactSheet.render(result.series(), result.labels(), result.table(), result.statistics(), notes()),
        result.series().stack(),
        header,
        result.algorithm(),
        equipment,
        uids,
        contentTime);
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    notes.add("Automatic segmentation by " + result.model() + ", not reviewed; not for diagnosis.");
    replaces.ifPresent(words -> notes.add("This result " + words + "."));
    List<String> absent =
        result.table().classes().stream()
            .filter(organ -> result.statistics().region(organ.index()).isEmpty())
            .map(LabelClass::label)
            .toList();
    if (!absent.isEmpty()) {
      notes.add("Not found: " + String.join(", ", absent));
    }
    return notes;
  }
}

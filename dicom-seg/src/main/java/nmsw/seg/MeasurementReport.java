package nmsw.seg;

import static nmsw.seg.ContentItem.Relationship.CONTAINS;
import static nmsw.seg.ContentItem.Relationship.HAS_ACQ_CONTEXT;
import static nmsw.seg.ContentItem.Relationship.HAS_CONCEPT_MOD;
import static nmsw.seg.ContentItem.Relationship.HAS_OBS_CONTEXT;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.RegionStatistics;
import nmsw.volume.SliceStack;

/**
 * Writes what was measured in a segmented series as a Comprehensive 3D SR (PS3.3 §A.35.13) after the template
 * Measurement Report (PS3.16 TID 1500).
 *
 * <p>Each organ with a segment is a measurement group (TID 1411): the segment, what it is and where, its
 * volume, mean and standard deviation in Hounsfield units. Organs of the model without a voxel are qualitative
 * evaluations with the value "Not detected". The source images are the image library (TID 1600), which older
 * editions of the template demand.
 */
public final class MeasurementReport {
  private static final int SERIES_NUMBER_OFFSET = 19000;

  private static final Code TITLE = dcm("126000", "Imaging Measurement Report");
  private static final Code LANGUAGE = dcm("121049", "Language of Content Item and Descendants");
  private static final Code ENGLISH = new Code("RFC5646", "en", "English");
  private static final Code PROCEDURE_REPORTED = dcm("121058", "Procedure reported");
  private static final Code CT = new Code("LN", "25045-6", "CT unspecified body region");
  private static final Code IMAGE_LIBRARY = dcm("111028", "Image Library");
  private static final Code IMAGE_LIBRARY_GROUP = dcm("126200", "Image Library Group");
  private static final Code MODALITY = dcm("121139", "Modality");
  private static final Code COMPUTED_TOMOGRAPHY = dcm("CT", "Computed Tomography");
  private static final Code IMAGING_MEASUREMENTS = dcm("126010", "Imaging Measurements");
  private static final Code QUALITATIVE_EVALUATIONS = new Code("UMLS", "C0034375", "Qualitative Evaluations");
  private static final Code NOT_DETECTED = sct("260415000", "Not detected");
  private static final Code MEASUREMENT_GROUP = dcm("125007", "Measurement Group");
  private static final Code TRACKING_IDENTIFIER = dcm("112039", "Tracking Identifier");
  private static final Code TRACKING_UNIQUE_IDENTIFIER = dcm("112040", "Tracking Unique Identifier");
  private static final Code FINDING_CATEGORY = sct("276214006", "Finding category");
  private static final Code FINDING = dcm("121071", "Finding");
  private static final Code FINDING_SITE = sct("363698007", "Finding Site");
  private static final Code LATERALITY = sct("272741003", "Laterality");
  private static final Code TOPOGRAPHICAL_MODIFIER = sct("106233006", "Topographical modifier");
  private static final Code REFERENCED_SEGMENT = dcm("121191", "Referenced Segment");
  private static final Code SOURCE_SERIES = dcm("121232", "Source series for segmentation");
  private static final Code VOLUME = sct("118565006", "Volume");
  private static final Code ATTENUATION = dcm("112031", "Attenuation Coefficient");
  private static final Code DERIVATION = dcm("121401", "Derivation");
  private static final Code MEAN = sct("373098007", "Mean");
  private static final Code STANDARD_DEVIATION = sct("386136009", "Standard Deviation");
  private static final Code MILLILITRE = new Code("UCUM", "ml", "milliliter");
  private static final Code HOUNSFIELD_UNIT = new Code("UCUM", "[hnsf'U]", "Hounsfield unit");

  /** PS3.16 CID 244 "Laterality": right, left, right and left, unilateral. */
  private static final Set<String> SIDES = Set.of("24028007", "7771000", "51440002", "66459002");

  private final SliceStack stack;
  private final RegionStatistics statistics;
  private final LabelTable table;
  private final WrittenSegmentation segmentation;
  private final Dataset source;
  private final AlgorithmIdentification algorithm;
  private final Equipment equipment;

  private MeasurementReport(
      SliceStack stack,
      RegionStatistics statistics,
      LabelTable table,
      WrittenSegmentation segmentation,
      Dataset source,
      AlgorithmIdentification algorithm,
      Equipment equipment) {
    this.stack = stack;
    this.statistics = statistics;
    this.table = table;
    this.segmentation = segmentation;
    this.source = source;
    this.algorithm = algorithm;
    this.equipment = equipment;
  }

  /**
   * Makes the report. As with {@link SegmentationWriter}, everything in it is a function of the arguments.
   *
   * @param stack the source images
   * @param statistics of the labels on those images
   * @param segmentation of the labels; its object, if there is one, is what the report refers to
   * @param sourceHeader attributes of one slice of the source series, pixels not needed
   * @param uids those that the segmentation was given; the report's are derived from them
   * @param clock Content Date and Time, in the source's time zone where it names one
   * @throws DicomException if the source lacks an attribute without which no valid object can be written
   * @throws IllegalArgumentException if an organ with voxels has no segment, or a text of ours is not ASCII
   */
  public static Dataset write(
      SliceStack stack,
      RegionStatistics statistics,
      LabelTable table,
      WrittenSegmentation segmentation,
      Dataset sourceHeader,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      Clock clock)
      throws DicomException {
    Dataset dataset = new Dataset();
    new ResultHeader(sourceHeader, algorithm, equipment, clock)
        .describe(
            dataset,
            Uid.Comprehensive3DSRStorage,
            "SR",
            uids.of(segmentation.format().kind()).of("report"),
            SERIES_NUMBER_OFFSET,
            "measurements");
    // Of the modules that an image has and a document has not.
    dataset.remove(Tag.PositionReferenceIndicator).remove(Tag.BodyPartExamined);
    MeasurementReport report =
        new MeasurementReport(stack, statistics, table, segmentation, sourceHeader, algorithm, equipment);
    report.describeDocument(dataset);
    return ContentItem.root(dataset, TITLE, "1500", report.content());
  }

  private static Code dcm(String value, String meaning) {
    return new Code("DCM", value, meaning);
  }

  private static Code sct(String value, String meaning) {
    return new Code("SCT", value, meaning);
  }

  /** SR Document Series and SR Document General modules (PS3.3 §C.17.1, §C.17.2). */
  private void describeDocument(Dataset dataset) throws DicomException {
    dataset
        .putEmpty(Tag.ReferencedPerformedProcedureStepSequence)
        .putEmpty(Tag.PerformedProcedureCodeSequence)
        .putString(Tag.CompletionFlag, "COMPLETE")
        .putString(Tag.VerificationFlag, "UNVERIFIED")
        .putItems(Tag.CurrentRequestedProcedureEvidenceSequence, List.of(evidence()));
  }

  /** Every object that the content refers to, by series. */
  private Dataset evidence() throws DicomException {
    List<Dataset> series = new ArrayList<>();
    series.add(series(source.requireString(Tag.SeriesInstanceUID), SourceImages.references(stack)));
    if (segmentation.attributes().isPresent()) {
      Dataset seg = segmentation.attributes().get();
      series.add(series(seg.requireString(Tag.SeriesInstanceUID), List.of(reference(seg))));
    }
    return new Dataset()
        .putString(Tag.StudyInstanceUID, source.requireString(Tag.StudyInstanceUID))
        .putItems(Tag.ReferencedSeriesSequence, series);
  }

  private static Dataset series(String uid, List<Dataset> instances) {
    return new Dataset().putString(Tag.SeriesInstanceUID, uid).putItems(Tag.ReferencedSOPSequence, instances);
  }

  private static Dataset reference(Dataset object) throws DicomException {
    return new Dataset()
        .putString(Tag.ReferencedSOPClassUID, object.requireString(Tag.SOPClassUID))
        .putString(Tag.ReferencedSOPInstanceUID, object.requireString(Tag.SOPInstanceUID));
  }

  private List<Dataset> content() throws DicomException {
    List<Dataset> items = new ArrayList<>();
    items.add(ContentItem.code(HAS_CONCEPT_MOD, LANGUAGE, ENGLISH));
    items.addAll(observer());
    items.add(ContentItem.code(HAS_CONCEPT_MOD, PROCEDURE_REPORTED, CT));
    items.add(imageLibrary());
    List<Dataset> groups = new ArrayList<>();
    List<Dataset> absent = new ArrayList<>();
    String sourceSeries = source.requireString(Tag.SeriesInstanceUID);
    for (LabelClass organ : table.classes()) {
      RegionStatistics.Region region = statistics.region(organ.index());
      if (region.isEmpty()) {
        absent.add(ContentItem.code(CONTAINS, organ.type(), NOT_DETECTED, sites(organ)));
      } else {
        groups.add(group(organ, region, sourceSeries));
      }
    }
    addContainer(items, IMAGING_MEASUREMENTS, groups);
    addContainer(items, QUALITATIVE_EVALUATIONS, absent);
    return items;
  }

  private void addContainer(List<Dataset> items, Code name, List<Dataset> content) {
    if (!content.isEmpty()) {
      List<Dataset> all = new ArrayList<>(algorithmIdentification());
      all.addAll(content);
      items.add(ContentItem.container(CONTAINS, name, "", all));
    }
  }

  /** Observation Context of a device (TID 1001, 1002, 1004). */
  private List<Dataset> observer() {
    String uid =
        Uid.derived(
            "nmsw.seg", "device", equipment.manufacturer(), equipment.model(), equipment.serialNumber());
    return List.of(
        ContentItem.code(HAS_OBS_CONTEXT, dcm("121005", "Observer Type"), dcm("121007", "Device")),
        ContentItem.uid(HAS_OBS_CONTEXT, dcm("121012", "Device Observer UID"), uid),
        ContentItem.text(HAS_OBS_CONTEXT, dcm("121014", "Device Observer Manufacturer"), equipment.manufacturer()),
        ContentItem.text(HAS_OBS_CONTEXT, dcm("121015", "Device Observer Model Name"), equipment.model()),
        ContentItem.text(
            HAS_OBS_CONTEXT, dcm("121016", "Device Observer Serial Number"), equipment.serialNumber()));
  }

  private Dataset imageLibrary() {
    List<Dataset> images = new ArrayList<>();
    images.add(ContentItem.code(HAS_ACQ_CONTEXT, MODALITY, COMPUTED_TOMOGRAPHY));
    SourceImages.references(stack).forEach(image -> images.add(ContentItem.image(CONTAINS, image)));
    Dataset group = ContentItem.container(CONTAINS, IMAGE_LIBRARY_GROUP, "", images);
    return ContentItem.container(CONTAINS, IMAGE_LIBRARY, "1600", List.of(group));
  }

  /** TID 4019. */
  private List<Dataset> algorithmIdentification() {
    List<Dataset> items = new ArrayList<>();
    items.add(ContentItem.text(HAS_CONCEPT_MOD, dcm("111001", "Algorithm Name"), algorithm.name()));
    items.add(ContentItem.text(HAS_CONCEPT_MOD, dcm("111003", "Algorithm Version"), algorithm.version()));
    if (!algorithm.parameters().isBlank()) {
      items.add(ContentItem.text(HAS_CONCEPT_MOD, dcm("111002", "Algorithm Parameters"), algorithm.parameters()));
    }
    items.add(ContentItem.code(HAS_CONCEPT_MOD, dcm("111000", "Algorithm Family"), algorithm.family()));
    return items;
  }

  /** Volumetric ROI Measurements (TID 1411, 1419). */
  private Dataset group(LabelClass organ, RegionStatistics.Region region, String sourceSeries)
      throws DicomException {
    int number = segmentation.segments().indexOf(organ) + 1;
    if (number == 0) {
      throw new IllegalArgumentException(organ.name() + " has voxels, but no segment");
    }
    Dataset seg = segmentation.attributes().orElseThrow();
    Dataset segment = segment(seg, number);
    List<Dataset> items = new ArrayList<>();
    items.add(ContentItem.text(HAS_OBS_CONTEXT, TRACKING_IDENTIFIER, segment.requireString(Tag.TrackingID)));
    items.add(ContentItem.uid(HAS_OBS_CONTEXT, TRACKING_UNIQUE_IDENTIFIER, segment.requireString(Tag.TrackingUID)));
    items.add(ContentItem.code(CONTAINS, FINDING_CATEGORY, organ.category()));
    items.add(ContentItem.code(CONTAINS, FINDING, organ.type()));
    items.add(
        ContentItem.image(
            CONTAINS, REFERENCED_SEGMENT, reference(seg).putInt(Tag.ReferencedSegmentNumber, number)));
    items.add(ContentItem.uid(CONTAINS, SOURCE_SERIES, sourceSeries));
    items.add(site(organ));
    items.add(ContentItem.number(CONTAINS, VOLUME, rounded(region.millilitres(), 1000), MILLILITRE, List.of()));
    items.add(attenuation(MEAN, region.mean()));
    items.add(attenuation(STANDARD_DEVIATION, region.standardDeviation()));
    return ContentItem.container(CONTAINS, MEASUREMENT_GROUP, "1411", items);
  }

  private static Dataset segment(Dataset seg, int number) {
    return seg.items(Tag.SegmentSequence).stream()
        .filter(item -> item.integer(Tag.SegmentNumber).orElse(0) == number)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("the segmentation has no segment " + number));
  }

  private static Dataset attenuation(Code derivation, double value) {
    List<Dataset> modifiers = List.of(ContentItem.code(HAS_CONCEPT_MOD, DERIVATION, derivation));
    return ContentItem.number(CONTAINS, ATTENUATION, rounded(value, 100), HOUNSFIELD_UNIT, modifiers);
  }

  /** To one part in so many of the unit: microlitres and hundredths of a Hounsfield unit. */
  private static double rounded(double value, double parts) {
    return Math.round(value * parts) / parts;
  }

  /** Where the organ is: its region, or else itself, with the side. */
  private static Dataset site(LabelClass organ) {
    Optional<Code> modifier = organ.region().isPresent() ? organ.regionModifier() : organ.modifier();
    return ContentItem.code(HAS_CONCEPT_MOD, FINDING_SITE, organ.region().orElse(organ.type()), modifier(modifier));
  }

  /** What tells an organ from others of its type. */
  private static List<Dataset> sites(LabelClass organ) {
    List<Dataset> items = new ArrayList<>(modifier(organ.modifier()));
    if (organ.region().isPresent()) {
      items.add(site(organ));
    }
    return items;
  }

  private static List<Dataset> modifier(Optional<Code> modifier) {
    return modifier
        .map(
            code -> {
              boolean side = code.scheme().equals("SCT") && SIDES.contains(code.value());
              return List.of(
                  ContentItem.code(HAS_CONCEPT_MOD, side ? LATERALITY : TOPOGRAPHICAL_MODIFIER, code));
            })
        .orElse(List.of());
  }
}

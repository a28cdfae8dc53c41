package nmsw.seg;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.WideSliceLabels;

/**
 * Writes labels on the slices of a CT series as a Segmentation (Segmentation Storage, PS3.3 §A.51, or Label Map
 * Segmentation Storage).
 *
 * <p>Frames follow segment by segment, slices ascending; only frames and segments with a voxel are written,
 * segments are numbered from 1 without gaps, alike in every format. Plane orientation and pixel spacing are the
 * source's own strings. A label map describes its background too, as segment 0, which Pixel Padding Value names.
 */
public final class SegmentationWriter {
  private static final Code BACKGROUND_CATEGORY =
      new Code("SCT", "309825002", "Spatial and Relational Concept");
  private static final Code BACKGROUND = new Code("DCM", "125040", "Background");
  private static final int SERIES_NUMBER_OFFSET = 9000;
  private static final SegmentFractions NO_FRACTIONS =
      (label, slice) -> {
        throw new IllegalArgumentException("a FRACTIONAL object needs fractions");
      };

  private final SliceStack stack;
  private final LabelFrames labels;
  private final FrameSource frames;
  private final Dataset source;
  private final AlgorithmIdentification algorithm;
  private final Equipment equipment;
  private final ResultUids uids;
  private final ResultHeader header;
  private final SegmentationFormat format;
  private final Kind kind;

  private SegmentationWriter(
      SliceStack stack,
      LabelFrames labels,
      FrameSource frames,
      Dataset source,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      ResultHeader header,
      SegmentationFormat format) {
    this.stack = stack;
    this.labels = labels;
    this.frames = frames;
    this.source = source;
    this.algorithm = algorithm;
    this.equipment = equipment;
    this.uids = uids;
    this.header = header;
    this.format = format;
    this.kind = format.kind();
  }

  /**
   * Makes the object in the {@linkplain SegmentationFormat#DEFAULT default format}. Everything in it is a function
   * of the arguments: a caller who may run twice over one series passes a clock fixed at an instant that it kept
   * with the series (when it was complete, say), and the second object equals the first byte for byte.
   *
   * @param sourceHeader attributes of one slice of the source series, pixels not needed
   * @param clock when the segmentation is made: Content Date and Time, in the source's time zone where it
   *     names one (Timezone Offset From UTC), else in the clock's
   * @throws DicomException if the source lacks an attribute without which no valid object can be written
   * @throws IllegalArgumentException if the labels do not fit the table or the header, or a text of ours is
   *     not ASCII
   */
  public static WrittenSegmentation write(
      SliceLabels labels,
      LabelTable table,
      Dataset sourceHeader,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      Clock clock)
      throws DicomException {
    return write(
        labels, NO_FRACTIONS, table, sourceHeader, algorithm, equipment, uids, clock, SegmentationFormat.DEFAULT);
  }

  /**
   * As the other, in any format. What it says of the organs is the same in each; each kind of segmentation is an
   * instance and a series of its own, whose UIDs are derived from those given, whichever way it is compressed.
   *
   * @param fractions of the classes of the table; asked only for FRACTIONAL
   * @param uids of the BINARY object
   */
  public static WrittenSegmentation write(
      SliceLabels labels,
      SegmentFractions fractions,
      LabelTable table,
      Dataset sourceHeader,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      Clock clock,
      SegmentationFormat format)
      throws DicomException {
    return write(
        LabelRuns.of(labels), fractions, table, sourceHeader, algorithm, equipment, uids, clock, format);
  }

  /** As the other, of a table with labels above 255, in any format but FRACTIONAL. */
  public static WrittenSegmentation write(
      WideSliceLabels labels,
      LabelTable table,
      Dataset sourceHeader,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      Clock clock,
      SegmentationFormat format)
      throws DicomException {
    return write(
        LabelRuns.of(labels), NO_FRACTIONS, table, sourceHeader, algorithm, equipment, uids, clock, format);
  }

  private static WrittenSegmentation write(
      LabelRuns labels,
      SegmentFractions fractions,
      LabelTable table,
      Dataset sourceHeader,
      AlgorithmIdentification algorithm,
      Equipment equipment,
      ResultUids uids,
      Clock clock,
      SegmentationFormat format)
      throws DicomException {
    SliceStack stack = labels.stack();
    requireSameMatrix(stack, sourceHeader);
    LabelFrames found = LabelFrames.of(labels, table);
    FrameSource frames =
        switch (format.kind()) {
          case BINARY -> found.binary();
          case FRACTIONAL -> found.fractional(fractions);
          case LABELMAP -> found.labelmap(false);
          case LABELMAP16 -> found.labelmap(true);
        };
    Optional<Dataset> attributes = Optional.empty();
    if (!found.present().isEmpty()) {
      ResultHeader header = new ResultHeader(sourceHeader, algorithm, equipment, clock);
      attributes =
          Optional.of(
              new SegmentationWriter(
                      stack, found, frames, sourceHeader, algorithm, equipment, uids, header, format)
                  .attributes());
    }
    FramePixelData pixels = new FramePixelData(frames, stack.rows(), stack.columns());
    return new WrittenSegmentation(attributes, pixels, format, found.present(), found.absent());
  }

  private static void requireSameMatrix(SliceStack stack, Dataset header) {
    int rows = header.integer(Tag.Rows).orElse(stack.rows());
    int columns = header.integer(Tag.Columns).orElse(stack.columns());
    if (rows != stack.rows() || columns != stack.columns()) {
      throw new IllegalArgumentException(
          "the source header has " + rows + " rows x " + columns + " columns, its stack "
              + stack.rows() + " x " + stack.columns());
    }
  }

  private Dataset attributes() throws DicomException {
    Dataset dataset = new Dataset();
    header.describe(dataset, format.sopClassUid(), "SEG", uids.of(kind), SERIES_NUMBER_OFFSET, "");
    dataset.putString(Tag.FrameOfReferenceUID, source.requireString(Tag.FrameOfReferenceUID));
    describeImage(dataset);
    dataset.putItems(Tag.SegmentSequence, segments());
    dataset.putItems(Tag.ReferencedSeriesSequence, List.of(referencedSeries()));
    new FrameGroups(stack, frames.places(), source).describe(dataset, uids.of(kind));
    return dataset;
  }

  /** General Image, Image Pixel and Segmentation Image modules (PS3.3 §C.8.20.2). */
  private void describeImage(Dataset dataset) {
    dataset
        .putString(Tag.ImageType, "DERIVED", "PRIMARY")
        .putString(Tag.ContentLabel, "SEGMENTATION")
        .putString(Tag.ContentDescription, "Organ segmentation")
        .putString(Tag.ContentCreatorName, equipment.model().replaceFirst(" ", "^"))
        .putString(Tag.BurnedInAnnotation, "NO")
        .putInt(Tag.SamplesPerPixel, 1)
        .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
        .putInt(Tag.NumberOfFrames, frames.places().size())
        .putInt(Tag.Rows, stack.rows())
        .putInt(Tag.Columns, stack.columns())
        .putInt(Tag.BitsAllocated, frames.bitsAllocated())
        .putInt(Tag.BitsStored, frames.bitsAllocated())
        .putInt(Tag.HighBit, frames.bitsAllocated() - 1)
        .putInt(Tag.PixelRepresentation, 0)
        .putString(Tag.SegmentationType, kind.segmentationType())
        .putString(Tag.SegmentsOverlap, kind == Kind.FRACTIONAL ? "YES" : "NO");
    if (kind == Kind.FRACTIONAL) {
      dataset
          .putString(Tag.SegmentationFractionalType, "PROBABILITY")
          .putInt(Tag.MaximumFractionalValue, SegmentFractions.WHOLE);
    }
    if (kind.isLabelMap()) {
      dataset.putInt(Tag.PixelPaddingValue, 0);
    }
    header.describeCompression(dataset);
  }

  private List<Dataset> segments() {
    List<Dataset> items = new ArrayList<>();
    if (kind.isLabelMap()) {
      items.add(background());
    }
    for (int i = 0; i < labels.present().size(); i++) {
      items.add(segment(i + 1, labels.present().get(i)));
    }
    return items;
  }

  /** Every value of a label map is that of a segment. */
  private Dataset background() {
    CieLab black = CieLab.ofRgb(0);
    return new Dataset()
        .putInt(Tag.SegmentNumber, 0)
        .putString(Tag.SegmentLabel, "Background")
        .putString(Tag.SegmentAlgorithmType, "AUTOMATIC")
        .putString(Tag.SegmentAlgorithmName, Text.ascii(algorithm.name(), 64, "algorithm name"))
        .putItems(Tag.SegmentedPropertyCategoryCodeSequence, CodeItem.items(BACKGROUND_CATEGORY))
        .putItems(Tag.SegmentedPropertyTypeCodeSequence, CodeItem.items(BACKGROUND))
        .putInt(Tag.RecommendedDisplayCIELabValue, black.l(), black.a(), black.b());
  }

  /** One item of the Segment Sequence: Segment Description Macro (PS3.3 §C.8.20.4). */
  private Dataset segment(int number, LabelClass labelClass) {
    Dataset type = CodeItem.of(labelClass.type());
    labelClass
        .modifier()
        .ifPresent(
            code -> type.putItems(Tag.SegmentedPropertyTypeModifierCodeSequence, CodeItem.items(code)));
    CieLab colour = CieLab.ofRgb(labelClass.rgb());
    Dataset item =
        new Dataset()
            .putInt(Tag.SegmentNumber, number)
            .putString(Tag.SegmentLabel, Text.ascii(labelClass.label(), 64, "segment label"))
            .putString(Tag.SegmentAlgorithmType, "AUTOMATIC")
            .putString(Tag.SegmentAlgorithmName, Text.ascii(algorithm.name(), 64, "algorithm name"))
            .putItems(Tag.SegmentationAlgorithmIdentificationSequence, List.of(algorithmItem()))
            .putItems(
                Tag.SegmentedPropertyCategoryCodeSequence, CodeItem.items(labelClass.category()))
            .putItems(Tag.SegmentedPropertyTypeCodeSequence, List.of(type))
            .putInt(Tag.RecommendedDisplayCIELabValue, colour.l(), colour.a(), colour.b())
            .putString(Tag.TrackingID, Text.ascii(labelClass.name(), 64, "class name"))
            .putString(
                Tag.TrackingUID, Uid.derived("nmsw.seg", "tracking", uids.seriesUid(), labelClass.name()));
    labelClass
        .region()
        .ifPresent(region -> item.putItems(Tag.AnatomicRegionSequence, regions(region, labelClass)));
    return item;
  }

  private static List<Dataset> regions(Code region, LabelClass labelClass) {
    Dataset item = CodeItem.of(region);
    labelClass
        .regionModifier()
        .ifPresent(code -> item.putItems(Tag.AnatomicRegionModifierSequence, CodeItem.items(code)));
    return List.of(item);
  }

  private Dataset algorithmItem() {
    Dataset item =
        new Dataset()
            .putItems(Tag.AlgorithmFamilyCodeSequence, CodeItem.items(algorithm.family()))
            .putString(Tag.AlgorithmName, Text.ascii(algorithm.name(), 64, "algorithm name"))
            .putString(Tag.AlgorithmVersion, Text.ascii(algorithm.version(), 64, "algorithm version"));
    if (!algorithm.parameters().isBlank()) {
      item.putString(Tag.AlgorithmParameters, Text.ascii(algorithm.parameters(), 1024, "parameters"));
    }
    return item;
  }

  /** Common Instance Reference module: the whole source series, one item (PS3.3 §C.12.2). */
  private Dataset referencedSeries() throws DicomException {
    return new Dataset()
        .putString(Tag.SeriesInstanceUID, source.requireString(Tag.SeriesInstanceUID))
        .putItems(Tag.ReferencedInstanceSequence, SourceImages.references(stack));
  }
}

package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.seg.SegmentationFrame.Plane;
import nmsw.seg.SegmentationFrame.SourceImage;
import nmsw.volume.Code;
import nmsw.volume.Vec3;

/**
 * Reads Segmentations of every kind, ours or another vendor's: frames in any order, frames that are not there,
 * overlapping segments, matrices whose frames end inside a byte, pixels compressed with a fragment per frame.
 */
public final class SegmentationReader {
  private static final Code BACKGROUND = new Code("DCM", "125040", "Background");

  /** A frame of a label map counts for each of its segments. */
  private static final int MAX_FRAMES_OF_SEGMENTS = 1_000_000;

  private final Dataset dataset;
  private final TransferSyntax transferSyntax;
  private final String uid;

  private SegmentationReader(Dataset dataset, TransferSyntax transferSyntax) {
    this.dataset = dataset;
    this.transferSyntax = transferSyntax;
    this.uid = dataset.string(Tag.SOPInstanceUID).orElse("(no SOP Instance UID)");
  }

  /**
   * Reads an object whose pixel data are native; they are not copied.
   *
   * @throws DicomException if it is no Segmentation or contradicts itself
   */
  public static Segmentation read(Dataset dataset) throws DicomException {
    return new SegmentationReader(dataset, TransferSyntax.EXPLICIT_LE).segmentation();
  }

  /**
   * Reads an object, compressed or not; its pixels are not copied.
   *
   * @throws DicomException if it is no Segmentation or contradicts itself
   */
  public static Segmentation read(DicomFile file) throws DicomException {
    return new SegmentationReader(file.dataset(), file.transferSyntax()).segmentation();
  }

  private Segmentation segmentation() throws DicomException {
    Kind kind = kind();
    int rows = dataset.requireInt(Tag.Rows);
    int columns = dataset.requireInt(Tag.Columns);
    int frameCount = dataset.integer(Tag.NumberOfFrames).orElse(1);
    if (rows < 1 || columns < 1 || frameCount < 1 || (long) rows * columns > Integer.MAX_VALUE) {
      throw refusal(
          "has " + frameCount + " frames of " + rows + " rows x " + columns + " columns");
    }
    List<Dataset> perFrame = dataset.items(Tag.PerFrameFunctionalGroupsSequence);
    if (perFrame.size() != frameCount) {
      throw refusal(
          "says " + frameCount + " frames but has functional groups for " + perFrame.size());
    }
    StoredFrames pixels =
        new StoredFrames("Segmentation " + uid, dataset, transferSyntax, kind, frameCount, maximum(kind));
    List<SegmentDescription> segments = segments();
    List<SegmentationFrame> frames =
        kind.isLabelMap() ? framesOfLabelMap(perFrame, segments, pixels) : frames(perFrame, segments);
    if (kind.isLabelMap()) {
      segments.removeIf(this::isBackground);
    }
    return new Segmentation(
        uid,
        dataset.string(Tag.SeriesInstanceUID).orElse(""),
        dataset.string(Tag.FrameOfReferenceUID),
        kind,
        rows,
        columns,
        measures(perFrame),
        segments,
        frames,
        pixels);
  }

  private Kind kind() throws DicomException {
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    boolean labelMap = sopClass.equals(Uid.LabelMapSegmentationStorage);
    if (!labelMap && !sopClass.equals(Uid.SegmentationStorage)) {
      throw refusal("is of SOP class " + sopClass + ", which is no raster Segmentation");
    }
    String type = dataset.requireString(Tag.SegmentationType);
    int bits = dataset.requireInt(Tag.BitsAllocated);
    List<Kind> ofType = Arrays.stream(Kind.values()).filter(k -> k.segmentationType().equals(type)).toList();
    if (ofType.isEmpty()) {
      throw refusal("is of type " + type + ", which is not known here");
    }
    if (labelMap != ofType.get(0).isLabelMap()) {
      throw refusal("is of type " + type + ", which contradicts its SOP class " + sopClass);
    }
    return ofType.stream()
        .filter(kind -> kind.bitsAllocated() == bits)
        .findFirst()
        .orElseThrow(() -> refusal("has " + bits + " bits allocated, which " + type + " does not allow"));
  }

  private int maximum(Kind kind) throws DicomException {
    if (kind != Kind.FRACTIONAL) {
      return 1;
    }
    int maximum = dataset.requireInt(Tag.MaximumFractionalValue);
    if (maximum < 1 || maximum > 255) {
      throw refusal("has the Maximum Fractional Value " + maximum + ", not 1 to 255");
    }
    return maximum;
  }

  /** What belongs to no segment: the value that Pixel Padding Value names, or a segment that says so. */
  private boolean isBackground(SegmentDescription segment) {
    boolean coded =
        segment
            .type()
            .filter(type -> type.scheme().equals(BACKGROUND.scheme()) && type.value().equals(BACKGROUND.value()))
            .isPresent();
    return coded || dataset.integer(Tag.PixelPaddingValue).equals(OptionalInt.of(segment.number()));
  }

  /** Every frame once for each segment that has pixels in it. */
  private List<SegmentationFrame> framesOfLabelMap(
      List<Dataset> perFrame, List<SegmentDescription> segments, StoredFrames pixels) throws DicomException {
    Set<Integer> described = new HashSet<>();
    Set<Integer> background = new HashSet<>();
    // Who describes no background nor names a padding value leaves 0 over.
    background.add(dataset.integer(Tag.PixelPaddingValue).orElse(0));
    for (SegmentDescription segment : segments) {
      (isBackground(segment) ? background : described).add(segment.number());
    }
    background.removeAll(described);
    List<SegmentationFrame> frames = new ArrayList<>();
    for (int i = 0; i < perFrame.size(); i++) {
      BitSet numbers = new BitSet();
      for (int number : pixels.numbers(i)) {
        numbers.set(number);
      }
      List<SourceImage> sources = sources(perFrame.get(i));
      Optional<Plane> plane = plane(perFrame.get(i));
      for (int number = numbers.nextSetBit(0); number >= 0; number = numbers.nextSetBit(number + 1)) {
        if (described.contains(number)) {
          frames.add(new SegmentationFrame(i, number, sources, plane));
        } else if (!background.contains(number)) {
          throw refusal(
              "has pixels of segment " + number + " in frame " + (i + 1) + ", which it does not describe");
        }
      }
      if (frames.size() > MAX_FRAMES_OF_SEGMENTS) {
        throw refusal("has segments in more than " + MAX_FRAMES_OF_SEGMENTS + " frames in all");
      }
    }
    return frames;
  }

  private Optional<PixelMeasures> measures(List<Dataset> perFrame) {
    Set<PixelMeasures> measures = new HashSet<>();
    for (Dataset groups : perFrame) {
      Dataset item = group(groups, Tag.PixelMeasuresSequence).orElse(new Dataset());
      double[] spacing = item.numbers(Tag.PixelSpacing);
      if (spacing.length != 2 || !(spacing[0] > 0 && spacing[1] > 0)) {
        return Optional.empty();
      }
      measures.add(
          new PixelMeasures(
              spacing[0], spacing[1], positive(item, Tag.SpacingBetweenSlices), positive(item, Tag.SliceThickness)));
    }
    return measures.size() == 1 ? Optional.of(measures.iterator().next()) : Optional.empty();
  }

  private static OptionalDouble positive(Dataset item, int tag) {
    OptionalDouble number = item.number(tag);
    return number.orElse(0) > 0 ? number : OptionalDouble.empty();
  }

  private List<SegmentDescription> segments() throws DicomException {
    List<SegmentDescription> segments = new ArrayList<>();
    Set<Integer> numbers = new HashSet<>();
    for (Dataset item : dataset.items(Tag.SegmentSequence)) {
      SegmentDescription segment = segment(item);
      if (!numbers.add(segment.number())) {
        throw refusal("describes segment " + segment.number() + " twice");
      }
      segments.add(segment);
    }
    return segments;
  }

  private static SegmentDescription segment(Dataset item) throws DicomException {
    Optional<Dataset> type = item.items(Tag.SegmentedPropertyTypeCodeSequence).stream().findFirst();
    Optional<Dataset> region = item.items(Tag.AnatomicRegionSequence).stream().findFirst();
    return new SegmentDescription(
        item.requireInt(Tag.SegmentNumber),
        item.string(Tag.SegmentLabel).orElse(""),
        CodeItem.first(item, Tag.SegmentedPropertyCategoryCodeSequence),
        CodeItem.first(item, Tag.SegmentedPropertyTypeCodeSequence),
        type.flatMap(t -> CodeItem.first(t, Tag.SegmentedPropertyTypeModifierCodeSequence)),
        CodeItem.first(item, Tag.AnatomicRegionSequence),
        region.flatMap(r -> CodeItem.first(r, Tag.AnatomicRegionModifierSequence)),
        item.string(Tag.SegmentAlgorithmType).orElse(""),
        item.string(Tag.SegmentAlgorithmName));
  }

  private List<SegmentationFrame> frames(List<Dataset> perFrame, List<SegmentDescription> segments)
      throws DicomException {
    Set<Integer> known = new HashSet<>();
    segments.forEach(segment -> known.add(segment.number()));
    List<SegmentationFrame> frames = new ArrayList<>(perFrame.size());
    for (Dataset groups : perFrame) {
      SegmentationFrame frame = frame(frames.size(), groups);
      if (!known.contains(frame.segmentNumber())) {
        throw refusal(
            "has frame " + (frame.index() + 1) + " of segment " + frame.segmentNumber()
                + ", which it does not describe");
      }
      frames.add(frame);
    }
    return frames;
  }

  private SegmentationFrame frame(int index, Dataset groups) throws DicomException {
    Dataset identification =
        group(groups, Tag.SegmentIdentificationSequence)
            .orElseThrow(() -> refusal("does not say which segment frame " + (index + 1) + " is of"));
    return new SegmentationFrame(
        index,
        identification.requireInt(Tag.ReferencedSegmentNumber),
        sources(groups),
        plane(groups));
  }

  private List<SourceImage> sources(Dataset groups) {
    List<SourceImage> sources = new ArrayList<>();
    for (Dataset derivation : macro(groups, Tag.DerivationImageSequence)) {
      for (Dataset image : derivation.items(Tag.SourceImageSequence)) {
        int frame = image.integer(Tag.ReferencedFrameNumber).orElse(1);
        image
            .string(Tag.ReferencedSOPInstanceUID)
            .ifPresent(source -> sources.add(new SourceImage(source, frame)));
      }
    }
    return sources;
  }

  private Optional<Plane> plane(Dataset groups) throws DicomException {
    Optional<Dataset> position = group(groups, Tag.PlanePositionSequence);
    Optional<Dataset> orientation = group(groups, Tag.PlaneOrientationSequence);
    if (position.isEmpty() || orientation.isEmpty()) {
      return Optional.empty();
    }
    double[] p = position.get().requireNumbers(Tag.ImagePositionPatient, 3);
    double[] o = orientation.get().requireNumbers(Tag.ImageOrientationPatient, 6);
    return Optional.of(
        new Plane(
            new Vec3(p[0], p[1], p[2]), new Vec3(o[0], o[1], o[2]), new Vec3(o[3], o[4], o[5])));
  }

  private Optional<Dataset> group(Dataset groups, int tag) {
    return macro(groups, tag).stream().findFirst();
  }

  /** Items of a functional group: the frame's own, or those shared by all frames. */
  private List<Dataset> macro(Dataset groups, int tag) {
    if (groups.contains(tag)) {
      return groups.items(tag);
    }
    return dataset.items(Tag.SharedFunctionalGroupsSequence).stream()
        .findFirst()
        .map(shared -> shared.items(tag))
        .orElse(List.of());
  }

  private DicomException refusal(String what) {
    return new DicomException("Segmentation " + uid + " " + what);
  }
}

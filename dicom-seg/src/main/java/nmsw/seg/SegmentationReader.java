package nmsw.seg;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.seg.SegmentationFrame.Plane;
import nmsw.seg.SegmentationFrame.SourceImage;
import nmsw.volume.Vec3;

/**
 * Reads BINARY Segmentations, ours or another vendor's: frames in any order, frames that are not there,
 * overlapping segments, matrices whose frames end inside a byte. Other kinds and compressed pixels are
 * refused by name.
 */
public final class SegmentationReader {
  private final Dataset dataset;
  private final String uid;

  private SegmentationReader(Dataset dataset) {
    this.dataset = dataset;
    this.uid = dataset.string(Tag.SOPInstanceUID).orElse("(no SOP Instance UID)");
  }

  /**
   * Reads an object; its pixels stay packed and are not copied.
   *
   * @throws DicomException if it is not a BINARY Segmentation or contradicts itself
   */
  public static Segmentation read(Dataset dataset) throws DicomException {
    return new SegmentationReader(dataset).segmentation();
  }

  private Segmentation segmentation() throws DicomException {
    refuseOtherKinds();
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
    byte[] pixels = pixels(frameCount, rows * columns);
    List<SegmentDescription> segments = segments();
    return new Segmentation(
        uid,
        dataset.string(Tag.SeriesInstanceUID).orElse(""),
        dataset.string(Tag.FrameOfReferenceUID),
        rows,
        columns,
        segments,
        frames(perFrame, segments),
        PackedFrames.of(pixels, rows * columns));
  }

  private void refuseOtherKinds() throws DicomException {
    String sopClass = dataset.requireString(Tag.SOPClassUID);
    if (!sopClass.equals(Uid.SegmentationStorage)) {
      throw refusal("is of SOP class " + sopClass + ", not Segmentation Storage; convert it to a BINARY one");
    }
    String type = dataset.requireString(Tag.SegmentationType);
    if (!type.equals("BINARY")) {
      throw refusal("is of type " + type + "; only BINARY can be read, convert it");
    }
    int bits = dataset.requireInt(Tag.BitsAllocated);
    if (bits != 1) {
      throw refusal("has " + bits + " bits allocated, a BINARY one has 1");
    }
  }

  private byte[] pixels(int frames, int pixelsPerFrame) throws DicomException {
    byte[] pixels = dataset.bytes(Tag.PixelData);
    long needed = ((long) frames * pixelsPerFrame + 7) / 8;
    if (pixels.length < needed) {
      throw refusal(
          "has " + pixels.length + " bytes of native pixel data, " + frames + " frames of "
              + pixelsPerFrame + " pixels need " + needed
              + "; if it is compressed, decompress it first");
    }
    return pixels;
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

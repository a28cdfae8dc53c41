package nmsw.seg;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.DicomException;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceStack;

/** A BINARY Segmentation that was read: its segments, and per frame a mask with its place. */
public final class Segmentation {
  private final String sopInstanceUid;
  private final String seriesUid;
  private final Optional<String> frameOfReferenceUid;
  private final int rows;
  private final int columns;
  private final List<SegmentDescription> segments;
  private final List<SegmentationFrame> frames;
  private final PackedFrames pixels;

  Segmentation(
      String sopInstanceUid,
      String seriesUid,
      Optional<String> frameOfReferenceUid,
      int rows,
      int columns,
      List<SegmentDescription> segments,
      List<SegmentationFrame> frames,
      PackedFrames pixels) {
    this.sopInstanceUid = sopInstanceUid;
    this.seriesUid = seriesUid;
    this.frameOfReferenceUid = frameOfReferenceUid;
    this.rows = rows;
    this.columns = columns;
    this.segments = List.copyOf(segments);
    this.frames = List.copyOf(frames);
    this.pixels = pixels;
  }

  public String sopInstanceUid() {
    return sopInstanceUid;
  }

  public String seriesUid() {
    return seriesUid;
  }

  public Optional<String> frameOfReferenceUid() {
    return frameOfReferenceUid;
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** In the object's order. */
  public List<SegmentDescription> segments() {
    return segments;
  }

  /** In the object's order. */
  public List<SegmentationFrame> frames() {
    return frames;
  }

  /** The set pixels of a frame by row-major index ({@code row * columns + column}). */
  public BitSet mask(SegmentationFrame frame) {
    return pixels.frame(frame.index());
  }

  /** Number of set pixels of a segment over all its frames. */
  public long pixelCount(int segmentNumber) {
    return frames.stream()
        .filter(frame -> frame.segmentNumber() == segmentNumber)
        .mapToLong(frame -> mask(frame).cardinality())
        .sum();
  }

  /**
   * The class of each segment whose codes are those of a class of the table: segment number to class
   * index.
   */
  public Map<Integer, Integer> classes(LabelTable table) {
    Map<Integer, Integer> classes = new HashMap<>();
    for (SegmentDescription segment : segments) {
      table.classes().stream()
          .filter(segment::describes)
          .findFirst()
          .map(LabelClass::index)
          .ifPresent(index -> classes.put(segment.number(), index));
    }
    return classes;
  }

  /**
   * The segments as labels on the slices of the series that they were drawn on.
   *
   * @param labelOfSegment label value (1..255) of each segment number; segments that it does not name are
   *     left out
   * @throws DicomException if the frames have another matrix or orientation than the stack, or one lies
   *     elsewhere than the image that it names
   */
  public SegmentationOnStack toSliceLabels(SliceStack stack, Map<Integer, Integer> labelOfSegment)
      throws DicomException {
    return new StackPlacement(this, stack).place(labelOfSegment);
  }
}

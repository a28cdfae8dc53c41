package nmsw.seg;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.DicomException;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceStack;

/** A Segmentation that was read: its segments, and per frame a mask with its place. */
public final class Segmentation {
  private final String sopInstanceUid;
  private final String seriesUid;
  private final Optional<String> frameOfReferenceUid;
  private final Kind kind;
  private final int rows;
  private final int columns;
  private final Optional<PixelMeasures> measures;
  private final List<SegmentDescription> segments;
  private final List<SegmentationFrame> frames;
  private final StoredFrames pixels;

  Segmentation(
      String sopInstanceUid,
      String seriesUid,
      Optional<String> frameOfReferenceUid,
      Kind kind,
      int rows,
      int columns,
      Optional<PixelMeasures> measures,
      List<SegmentDescription> segments,
      List<SegmentationFrame> frames,
      StoredFrames pixels) {
    this.sopInstanceUid = sopInstanceUid;
    this.seriesUid = seriesUid;
    this.frameOfReferenceUid = frameOfReferenceUid;
    this.kind = kind;
    this.rows = rows;
    this.columns = columns;
    this.measures = measures;
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

  /** As {@link Kind#LABELMAP16} where a label map has two bytes a pixel. */
  public Kind kind() {
    return kind;
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** Of all frames; empty where the object does not say it, or not alike for all. */
  Optional<PixelMeasures> measures() {
    return measures;
  }

  /** In the object's order, the background of a label map left out. */
  public List<SegmentDescription> segments() {
    return segments;
  }

  /** In the object's order; a frame of a label map once for each segment in it. */
  public List<SegmentationFrame> frames() {
    return frames;
  }

  /**
   * The pixels of a frame's segment by row-major index ({@code row * columns + column}): those that are set; in a
   * FRACTIONAL object those of which the segment has at least half of Maximum Fractional Value.
   *
   * @throws DicomException if the frame cannot be decoded
   */
  public BitSet mask(SegmentationFrame frame) throws DicomException {
    return pixels.mask(frame);
  }

  StoredFrames pixels() {
    return pixels;
  }

  /**
   * Number of set pixels of a segment over all its frames.
   *
   * @throws DicomException if a frame cannot be decoded
   */
  public long pixelCount(int segmentNumber) throws DicomException {
    long count = 0;
    for (SegmentationFrame frame : frames) {
      if (frame.segmentNumber() == segmentNumber) {
        count += mask(frame).cardinality();
      }
    }
    return count;
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

  /** Whether matrix, orientation and pixel spacing are those of the slices, as far as the object says. */
  public boolean hasGridOf(SliceStack stack) {
    return StackPlacement.bySource(this, stack).isOfOneGrid();
  }

  /**
   * The segments as labels on the slices of the series that they were drawn on. Of fractions a pixel goes to the
   * segment that has most of it, unless more is left over than that.
   *
   * @param labelOfSegment label value (1..255) of each segment number; segments that it does not name are
   *     left out
   * @throws DicomException if the frames have another matrix or orientation than the stack, or one lies
   *     elsewhere than the image that it names, or cannot be decoded
   */
  public SegmentationOnStack toSliceLabels(SliceStack stack, Map<Integer, Integer> labelOfSegment)
      throws DicomException {
    return StackPlacement.bySource(this, stack).place(labelOfSegment);
  }

  /**
   * The segments as labels on the slices of a series in the same frame of reference, whatever grid they were drawn
   * on: a pixel gets the label of the nearest pixel of the nearest frame, if it lies inside of both.
   *
   * @param labelOfSegment as in {@link #toSliceLabels}
   * @throws DicomException if a frame does not say where it lies, or the frames are not parallel, or have more than
   *     2^30 pixels in all, or one cannot be decoded
   */
  public SegmentationOnStack resampledOnto(SliceStack stack, Map<Integer, Integer> labelOfSegment)
      throws DicomException {
    return new GridPlacement(this, stack).place(labelOfSegment);
  }
}

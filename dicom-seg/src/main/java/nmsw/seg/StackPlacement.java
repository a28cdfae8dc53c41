package nmsw.seg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import nmsw.dicom.DicomException;
import nmsw.seg.SegmentationFrame.Plane;
import nmsw.seg.SegmentationFrame.SourceImage;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/**
 * Finds the slice of each frame: by the one source image that it names, checked against its position; by
 * position alone where it names none or several.
 */
final class StackPlacement {
  /** Tools round positions to two decimals; slices are never that close. */
  private static final double POSITION_TOLERANCE_MM = 0.1;

  private static final double DIRECTION_TOLERANCE = 1e-3;

  /** Pixels. */
  private static final double SPACING_TOLERANCE = 0.1;

  private final Segmentation segmentation;
  private final SliceStack stack;
  private final boolean bySource;
  private final Map<SourceImage, Integer> sliceOfImage = new HashMap<>();

  /** Of the slices along the normal, ascending. */
  private final double[] distances;

  private StackPlacement(Segmentation segmentation, SliceStack stack, boolean bySource) {
    this.segmentation = segmentation;
    this.stack = stack;
    this.bySource = bySource;
    distances = IntStream.range(0, stack.size()).mapToDouble(stack::distance).toArray();
    for (int k = 0; k < stack.size(); k++) {
      SliceStack.Slice slice = stack.slices().get(k);
      sliceOfImage.put(new SourceImage(slice.sopInstanceUid(), slice.frame()), k);
    }
  }

  static StackPlacement bySource(Segmentation segmentation, SliceStack stack) {
    return new StackPlacement(segmentation, stack, true);
  }

  /** By position alone, whatever images the frames name. */
  static StackPlacement byPosition(Segmentation segmentation, SliceStack stack) {
    return new StackPlacement(segmentation, stack, false);
  }

  boolean isOfOneGrid() {
    return isOfOneMatrix()
        && segmentation.measures().filter(measures -> !isSpacing(measures)).isEmpty()
        && segmentation.frames().stream()
            .allMatch(frame -> frame.plane().filter(plane -> !isOrientation(plane)).isEmpty());
  }

  private boolean isOfOneMatrix() {
    return segmentation.rows() == stack.rows() && segmentation.columns() == stack.columns();
  }

  /** Within a tenth of a pixel over the whole slice. */
  private boolean isSpacing(PixelMeasures measures) {
    return Math.abs(measures.rowSpacing() / stack.rowSpacing() - 1) * stack.rows() < SPACING_TOLERANCE
        && Math.abs(measures.columnSpacing() / stack.columnSpacing() - 1) * stack.columns() < SPACING_TOLERANCE;
  }

  SegmentationOnStack place(Map<Integer, Integer> labelOfSegment) throws DicomException {
    requireLabels(labelOfSegment);
    if (!isOfOneMatrix()) {
      throw refusal(
          "has " + segmentation.rows() + " rows x " + segmentation.columns() + " columns, the series "
              + stack.rows() + " x " + stack.columns());
    }
    List<List<SegmentationFrame>> framesOfSlice = new ArrayList<>();
    stack.slices().forEach(slice -> framesOfSlice.add(new ArrayList<>()));
    List<SegmentationFrame> unplaced = new ArrayList<>();
    for (SegmentationFrame frame : segmentation.frames()) {
      if (!labelOfSegment.containsKey(frame.segmentNumber())) {
        continue;
      }
      OptionalInt slice = sliceOf(frame);
      if (slice.isPresent()) {
        framesOfSlice.get(slice.getAsInt()).add(frame);
      } else if (!segmentation.pixels().isBlank(frame)) {
        unplaced.add(frame);
      }
    }
    List<byte[]> labels = new ArrayList<>(stack.size());
    long overlapped = 0;
    for (List<SegmentationFrame> frames : framesOfSlice) {
      byte[] slice = new byte[stack.rows() * stack.columns()];
      overlapped +=
          switch (segmentation.kind()) {
            case BINARY -> paint(frames, labelOfSegment, slice);
            case FRACTIONAL -> weigh(frames, labelOfSegment, slice);
            case LABELMAP, LABELMAP16 -> translate(frames, labelOfSegment, slice);
          };
      labels.add(slice);
    }
    return new SegmentationOnStack(new SliceLabels(stack, labels), overlapped, unplaced);
  }

  private long paint(List<SegmentationFrame> frames, Map<Integer, Integer> labelOfSegment, byte[] slice)
      throws DicomException {
    long overlapped = 0;
    for (SegmentationFrame frame : frames) {
      byte label = labelOfSegment.get(frame.segmentNumber()).byteValue();
      BitSet mask = segmentation.mask(frame);
      for (int i = mask.nextSetBit(0); i >= 0; i = mask.nextSetBit(i + 1)) {
        overlapped += put(label, slice, i);
      }
    }
    return overlapped;
  }

  /** Every frame once, whatever the number of its segments. */
  private long translate(List<SegmentationFrame> frames, Map<Integer, Integer> labelOfSegment, byte[] slice)
      throws DicomException {
    byte[] labelOf = new byte[1 << 16];
    for (SegmentationFrame frame : frames) {
      labelOf[frame.segmentNumber()] = labelOfSegment.get(frame.segmentNumber()).byteValue();
    }
    long overlapped = 0;
    for (int frame : frames.stream().mapToInt(SegmentationFrame::index).distinct().toArray()) {
      int[] numbers = segmentation.pixels().numbers(frame);
      for (int i = 0; i < numbers.length; i++) {
        if (labelOf[numbers[i]] != 0) {
          overlapped += put(labelOf[numbers[i]], slice, i);
        }
      }
    }
    return overlapped;
  }

  /** Returns 1 if the pixel had another label, which it loses, else 0. */
  private static int put(byte label, byte[] slice, int i) {
    boolean lost = slice[i] != 0 && slice[i] != label;
    slice[i] = label;
    return lost ? 1 : 0;
  }

  /** A pixel goes to the largest of its fractions and of what they leave of the maximum; in a tie to the first. */
  private long weigh(List<SegmentationFrame> frames, Map<Integer, Integer> labelOfSegment, byte[] slice)
      throws DicomException {
    int maximum = segmentation.pixels().maximum();
    int[] largest = new int[slice.length];
    int[] second = new int[slice.length];
    int[] rest = new int[slice.length];
    Arrays.fill(rest, maximum);
    for (SegmentationFrame frame : frames) {
      byte label = labelOfSegment.get(frame.segmentNumber()).byteValue();
      int[] fractions = segmentation.pixels().fractions(frame.index());
      for (int i = 0; i < slice.length; i++) {
        rest[i] -= fractions[i];
        if (fractions[i] > largest[i]) {
          second[i] = largest[i];
          largest[i] = fractions[i];
          slice[i] = label;
        } else if (fractions[i] > second[i]) {
          second[i] = fractions[i];
        }
      }
    }
    long overlapped = 0;
    for (int i = 0; i < slice.length; i++) {
      if (largest[i] < rest[i]) {
        slice[i] = 0;
      }
      // More than two halves, rounded.
      if (2 * second[i] >= maximum && largest[i] + second[i] > maximum + 1) {
        overlapped++;
      }
    }
    return overlapped;
  }

  private static void requireLabels(Map<Integer, Integer> labelOfSegment) {
    labelOfSegment.forEach(
        (segment, label) -> {
          if (label < 1 || label > 255) {
            throw new IllegalArgumentException("label " + label + " for segment " + segment);
          }
        });
  }

  private OptionalInt sliceOf(SegmentationFrame frame) throws DicomException {
    if (frame.plane().isPresent()) {
      requireSameOrientation(frame, frame.plane().get());
    }
    if (bySource && frame.sources().size() == 1) {
      Integer named = sliceOfImage.get(frame.sources().get(0));
      if (named == null) {
        return OptionalInt.empty();
      }
      if (frame.plane().isPresent() && !liesOn(named, frame.plane().get())) {
        throw refusal(
            "has frame " + number(frame) + " at " + frame.plane().get().position()
                + ", but the image that it names, " + stack.slices().get(named).sopInstanceUid()
                + ", lies at " + stack.slices().get(named).position());
      }
      return OptionalInt.of(named);
    }
    return frame.plane().isPresent() ? nearest(frame.plane().get()) : OptionalInt.empty();
  }

  private OptionalInt nearest(Plane plane) {
    double distance = stack.normal().dot(plane.position()) - POSITION_TOLERANCE_MM;
    int from = Arrays.binarySearch(distances, distance);
    for (int k = from < 0 ? ~from : from; k < distances.length; k++) {
      if (distances[k] - distance > 3 * POSITION_TOLERANCE_MM) {
        break;
      }
      if (liesOn(k, plane)) {
        return OptionalInt.of(k);
      }
    }
    return OptionalInt.empty();
  }

  private boolean liesOn(int slice, Plane plane) {
    Vec3 offset = plane.position().minus(stack.slices().get(slice).position());
    return offset.length() <= POSITION_TOLERANCE_MM;
  }

  private boolean isOrientation(Plane plane) {
    return plane.rowDirection().minus(stack.rowDirection()).length() <= DIRECTION_TOLERANCE
        && plane.columnDirection().minus(stack.columnDirection()).length() <= DIRECTION_TOLERANCE;
  }

  private void requireSameOrientation(SegmentationFrame frame, Plane plane) throws DicomException {
    if (!isOrientation(plane)) {
      throw refusal(
          "has frame " + number(frame) + " in another orientation than the series; resample it on the"
              + " series' slices first");
    }
  }

  private static int number(SegmentationFrame frame) {
    return frame.index() + 1;
  }

  private DicomException refusal(String what) {
    return new DicomException("Segmentation " + segmentation.sopInstanceUid() + " " + what);
  }
}

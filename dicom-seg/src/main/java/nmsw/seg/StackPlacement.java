package nmsw.seg;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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

  private final Segmentation segmentation;
  private final SliceStack stack;
  private final Map<SourceImage, Integer> sliceOfImage = new HashMap<>();

  StackPlacement(Segmentation segmentation, SliceStack stack) {
    this.segmentation = segmentation;
    this.stack = stack;
    for (int k = 0; k < stack.size(); k++) {
      SliceStack.Slice slice = stack.slices().get(k);
      sliceOfImage.put(new SourceImage(slice.sopInstanceUid(), slice.frame()), k);
    }
  }

  SegmentationOnStack place(Map<Integer, Integer> labelOfSegment) throws DicomException {
    requireLabels(labelOfSegment);
    if (segmentation.rows() != stack.rows() || segmentation.columns() != stack.columns()) {
      throw refusal(
          "has " + segmentation.rows() + " rows x " + segmentation.columns() + " columns, the series "
              + stack.rows() + " x " + stack.columns());
    }
    List<byte[]> labels = new ArrayList<>(stack.size());
    for (int k = 0; k < stack.size(); k++) {
      labels.add(new byte[stack.rows() * stack.columns()]);
    }
    long overlapped = 0;
    List<SegmentationFrame> unplaced = new ArrayList<>();
    for (SegmentationFrame frame : segmentation.frames()) {
      Integer label = labelOfSegment.get(frame.segmentNumber());
      if (label == null) {
        continue;
      }
      BitSet mask = segmentation.mask(frame);
      OptionalInt slice = sliceOf(frame);
      if (slice.isPresent()) {
        overlapped += paint(mask, label.byteValue(), labels.get(slice.getAsInt()));
      } else if (!mask.isEmpty()) {
        unplaced.add(frame);
      }
    }
    return new SegmentationOnStack(new SliceLabels(stack, labels), overlapped, unplaced);
  }

  private static void requireLabels(Map<Integer, Integer> labelOfSegment) {
    labelOfSegment.forEach(
        (segment, label) -> {
          if (label < 1 || label > 255) {
            throw new IllegalArgumentException("label " + label + " for segment " + segment);
          }
        });
  }

  private static long paint(BitSet mask, byte label, byte[] slice) {
    long overlapped = 0;
    for (int i = mask.nextSetBit(0); i >= 0; i = mask.nextSetBit(i + 1)) {
      if (slice[i] != 0 && slice[i] != label) {
        overlapped++;
      }
      slice[i] = label;
    }
    return overlapped;
  }

  private OptionalInt sliceOf(SegmentationFrame frame) throws DicomException {
    if (frame.plane().isPresent()) {
      requireSameOrientation(frame, frame.plane().get());
    }
    if (frame.sources().size() == 1) {
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
    for (int k = 0; k < stack.size(); k++) {
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

  private void requireSameOrientation(SegmentationFrame frame, Plane plane) throws DicomException {
    double difference =
        Math.max(
            plane.rowDirection().minus(stack.rowDirection()).length(),
            plane.columnDirection().minus(stack.columnDirection()).length());
    if (!(difference <= DIRECTION_TOLERANCE)) {
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

package nmsw.seg;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import nmsw.dicom.DicomException;
import nmsw.seg.SegmentationFrame.Plane;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/**
 * Lays a Segmentation on slices that it was not drawn on. The frames are put together on the planes that they lie
 * in; then each pixel of the slices takes the label of the nearest pixel of the nearest plane. Where there is no
 * plane within half the distance of planes there is no label: frames without pixels are usually left out.
 */
final class GridPlacement {
  /** Frames closer than that lie in one plane. */
  private static final double SAME_PLANE_MM = 0.1;

  private static final double UNIT_TOLERANCE = 1e-3;

  /** Of all planes; each takes a byte, and may have been a bit or less. */
  private static final long MAX_VOXELS = 1L << 30;

  private final Segmentation segmentation;
  private final SliceStack stack;

  GridPlacement(Segmentation segmentation, SliceStack stack) {
    this.segmentation = segmentation;
    this.stack = stack;
  }

  SegmentationOnStack place(Map<Integer, Integer> labelOfSegment) throws DicomException {
    SliceStack planes = planes();
    SegmentationOnStack drawn = StackPlacement.byPosition(segmentation, planes).place(labelOfSegment);
    Sampler sampler = new Sampler(drawn.labels(), halfSlab(planes));
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      labels.add(sampler.slice(stack, k));
    }
    return new SegmentationOnStack(
        new SliceLabels(stack, labels), drawn.overlappedPixels(), unmet(planes, sampler, labelOfSegment));
  }

  /** The planes that frames lie in, as slices of images that nobody took. */
  private SliceStack planes() throws DicomException {
    PixelMeasures measures =
        segmentation
            .measures()
            .orElseThrow(() -> refusal("does not say the pixel spacing that all its frames have"));
    List<Plane> frames = new ArrayList<>();
    for (SegmentationFrame frame : segmentation.frames()) {
      frames.add(
          frame
              .plane()
              .orElseThrow(() -> refusal("does not say where frame " + (frame.index() + 1) + " lies")));
    }
    if (frames.isEmpty()) {
      throw refusal("has no frame of a segment");
    }
    Vec3 row = frames.get(0).rowDirection();
    Vec3 column = frames.get(0).columnDirection();
    if (!(Math.abs(row.length() - 1) < UNIT_TOLERANCE
        && Math.abs(column.length() - 1) < UNIT_TOLERANCE
        && Math.abs(row.dot(column)) < UNIT_TOLERANCE)) {
      throw refusal("has an image orientation that is none: " + row + ", " + column);
    }
    Vec3 normal = row.cross(column);
    List<Vec3> positions =
        frames.stream().map(Plane::position).sorted(Comparator.comparingDouble(normal::dot)).toList();
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (Vec3 position : positions) {
      Vec3 last = slices.isEmpty() ? null : slices.get(slices.size() - 1).position();
      if (last == null || normal.dot(position.minus(last)) > SAME_PLANE_MM) {
        slices.add(new SliceStack.Slice("", "", slices.size() + 1, 0, position));
      } else if (position.minus(last).length() > SAME_PLANE_MM) {
        throw refusal("has frames side by side in one plane, at " + last + " and " + position);
      }
    }
    if ((long) slices.size() * segmentation.rows() * segmentation.columns() > MAX_VOXELS) {
      throw refusal(
          "has " + slices.size() + " planes of " + segmentation.rows() + " x " + segmentation.columns()
              + " pixels, more than are resampled here");
    }
    return new SliceStack(
        segmentation.columns(),
        segmentation.rows(),
        measures.columnSpacing(),
        measures.rowSpacing(),
        row,
        column,
        slices);
  }

  /** Half of what the object calls the distance of its planes; else of the least that there is. */
  private double halfSlab(SliceStack planes) throws DicomException {
    PixelMeasures measures = segmentation.measures().orElseThrow();
    if (measures.sliceSpacing().isPresent()) {
      return measures.sliceSpacing().getAsDouble() / 2;
    }
    double least = measures.thickness().orElse(Double.POSITIVE_INFINITY);
    for (int k = 1; k < planes.size(); k++) {
      least = Math.min(least, planes.distance(k) - planes.distance(k - 1));
    }
    if (Double.isInfinite(least)) {
      throw refusal("lies in one plane and does not say how thick that is");
    }
    return least / 2;
  }

  /** Frames with pixels in planes that no slice met. */
  private List<SegmentationFrame> unmet(SliceStack planes, Sampler sampler, Map<Integer, Integer> labelOfSegment)
      throws DicomException {
    List<SegmentationFrame> unmet = new ArrayList<>();
    for (SegmentationFrame frame : segmentation.frames()) {
      int plane = sampler.nearest(planes.normal().dot(frame.plane().orElseThrow().position()));
      if (!sampler.met[plane]
          && labelOfSegment.containsKey(frame.segmentNumber())
          && !segmentation.pixels().isBlank(frame)) {
        unmet.add(frame);
      }
    }
    return unmet;
  }

  private DicomException refusal(String what) {
    return new DicomException("Segmentation " + segmentation.sopInstanceUid() + " " + what);
  }

  /** Takes labels from the planes. */
  private static final class Sampler {
    private final SliceLabels labels;
    private final double halfSlab;
    private final double[] distance;

    /** Where each plane's first pixel lies along its rows and columns, mm. */
    private final double[] left;
    private final double[] top;

    private final boolean[] met;
    private int plane;

    Sampler(SliceLabels labels, double halfSlab) {
      this.labels = labels;
      this.halfSlab = halfSlab + 1e-6;
      SliceStack planes = labels.stack();
      distance = new double[planes.size()];
      left = new double[planes.size()];
      top = new double[planes.size()];
      met = new boolean[planes.size()];
      for (int k = 0; k < planes.size(); k++) {
        Vec3 position = planes.slices().get(k).position();
        distance[k] = planes.distance(k);
        left[k] = planes.rowDirection().dot(position);
        top[k] = planes.columnDirection().dot(position);
      }
    }

    byte[] slice(SliceStack stack, int k) {
      SliceStack planes = labels.stack();
      byte[] slice = new byte[stack.rows() * stack.columns()];
      Vec3 alongRow = stack.rowDirection().times(stack.columnSpacing());
      for (int r = 0; r < stack.rows(); r++) {
        Vec3 start = stack.toPatient(0, r, k);
        Line d = new Line(planes.normal(), start, alongRow);
        Line x = new Line(planes.rowDirection(), start, alongRow);
        Line y = new Line(planes.columnDirection(), start, alongRow);
        for (int c = 0; c < stack.columns(); c++) {
          plane = nearest(d.at(c));
          if (Math.abs(distance[plane] - d.at(c)) <= halfSlab) {
            met[plane] = true;
            slice[r * stack.columns() + c] = label(plane, x.at(c) - left[plane], y.at(c) - top[plane]);
          }
        }
      }
      return slice;
    }

    private byte label(int plane, double x, double y) {
      SliceStack planes = labels.stack();
      double column = Math.floor(x / planes.columnSpacing() + 0.5);
      double row = Math.floor(y / planes.rowSpacing() + 0.5);
      boolean inside = column >= 0 && column < planes.columns() && row >= 0 && row < planes.rows();
      return inside ? labels.labels().get(plane)[(int) row * planes.columns() + (int) column] : 0;
    }

    /** The plane nearest to a distance along the normal; found from where the last one was. */
    int nearest(double d) {
      int k = plane;
      while (k + 1 < distance.length && Math.abs(distance[k + 1] - d) < Math.abs(distance[k] - d)) {
        k++;
      }
      while (k > 0 && Math.abs(distance[k - 1] - d) < Math.abs(distance[k] - d)) {
        k--;
      }
      return k;
    }
  }

  /** A coordinate along a line of pixels. */
  private record Line(double start, double step) {
    Line(Vec3 axis, Vec3 start, Vec3 step) {
      this(axis.dot(start), axis.dot(step));
    }

    double at(int c) {
      return start + c * step;
    }
  }
}

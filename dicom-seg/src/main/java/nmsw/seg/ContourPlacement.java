package nmsw.seg;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.seg.StructureSet.Finding;
import nmsw.seg.StructureSet.Reason;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/** Finds the slice of each contour of one region by its points, and their places on it. */
final class ContourPlacement {
  /** Tools round positions to two decimals; slices are never that close. */
  private static final double POSITION_TOLERANCE_MM = 0.1;

  private static final double MAX_COORDINATE_MM = 1e5;

  private final SliceStack stack;
  private final Map<String, Integer> sliceOfImage;
  private final int roiNumber;
  private final Map<Integer, List<Placed>> placed = new TreeMap<>();
  private final Map<Reason, Finding> findings = new TreeMap<>();

  /**
   * @param offset mm from the plane, the farthest point's
   * @param polygon column and row of each point in turn
   */
  private record Placed(double offset, double[] polygon) {}

  ContourPlacement(SliceStack stack, Map<String, Integer> sliceOfImage, int roiNumber) {
    this.stack = stack;
    this.sliceOfImage = sliceOfImage;
    this.roiNumber = roiNumber;
  }

  /** Complete once {@link #polygons} has been called. */
  Collection<Finding> findings() {
    return findings.values();
  }

  /** The number of points in the item, which has been read. */
  int add(Dataset contour) {
    String type = contour.string(Tag.ContourGeometricType).orElse("(none)");
    if (!type.equals("CLOSED_PLANAR") && !type.equals("CLOSEDPLANAR_XOR")) {
      note(Reason.NOT_CLOSED, "contour of type " + type);
      return 0;
    }
    double[] data = contour.numbers(Tag.ContourData);
    int points = data.length / 3;
    String objection = objection(contour, data);
    if (objection == null) {
      place(contour, data);
    } else {
      note(Reason.BAD_CONTOUR_DATA, objection);
    }
    return points;
  }

  private static String objection(Dataset contour, double[] data) {
    if (data.length == 0 || data.length % 3 != 0) {
      return "contour of " + data.length + " coordinates";
    }
    int said = contour.integer(Tag.NumberOfContourPoints).orElse(data.length / 3);
    if (said != data.length / 3) {
      return "contour of " + data.length / 3 + " points that should have " + said;
    }
    for (double coordinate : data) {
      if (!(Math.abs(coordinate) <= MAX_COORDINATE_MM)) {
        return "contour with the coordinate " + coordinate + " mm";
      }
    }
    for (double shift : contour.numbers(Tag.ContourOffsetVector)) {
      if (shift != 0) {
        return "contour with a Contour Offset Vector, which is retired";
      }
    }
    return null;
  }

  private void place(Dataset contour, double[] data) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < data.length; i += 3) {
      double distance = stack.normal().dot(new Vec3(data[i], data[i + 1], data[i + 2]));
      low = Math.min(low, distance);
      high = Math.max(high, distance);
    }
    int slice = nearest((low + high) / 2);
    double plane = stack.distance(slice);
    if (low < plane - reach(slice, -1) || high > plane + reach(slice, 1)) {
      note(
          Reason.OFF_PLANE,
          String.format(
              "contour at %.2f to %.2f mm along the normal; the nearest plane is at %.2f mm",
              low, high, plane));
      return;
    }
    checkImage(contour, slice);
    double[] polygon = onSlice(data, slice);
    double offset = Math.max(Math.abs(low - plane), Math.abs(high - plane));
    placed.computeIfAbsent(slice, k -> new ArrayList<>()).add(new Placed(offset, polygon));
  }

  private int nearest(double distance) {
    int low = 0;
    int high = stack.size() - 1;
    while (low < high) {
      int middle = (low + high) / 2;
      if (distance <= (stack.distance(middle) + stack.distance(middle + 1)) / 2) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Half the distance to the next slice on that side, of the outermost to the one on the other side. */
  private double reach(int slice, int side) {
    int neighbour = slice + side;
    if (neighbour < 0 || neighbour >= stack.size()) {
      neighbour = slice - side;
    }
    if (neighbour < 0 || neighbour >= stack.size()) {
      return POSITION_TOLERANCE_MM;
    }
    double half = Math.abs(stack.distance(neighbour) - stack.distance(slice)) / 2;
    return Math.max(half, POSITION_TOLERANCE_MM) + 1e-6;
  }

  private void checkImage(Dataset contour, int slice) {
    for (Dataset image : contour.items(Tag.ContourImageSequence)) {
      String uid = image.string(Tag.ReferencedSOPInstanceUID).orElse("");
      Integer named = sliceOfImage.get(uid);
      if (named == null) {
        note(Reason.UNKNOWN_IMAGE, "contour of image " + uid);
        return;
      }
      if (named == slice) {
        return;
      }
    }
    if (!contour.items(Tag.ContourImageSequence).isEmpty()) {
      note(
          Reason.OTHER_IMAGE,
          "contour of image "
              + contour.items(Tag.ContourImageSequence).get(0).string(Tag.ReferencedSOPInstanceUID).orElse("")
              + " lies on the plane of " + stack.slices().get(slice).sopInstanceUid());
    }
  }

  /** The inverse of {@link SliceStack#toPatient}; a step off the plane is dropped. */
  private double[] onSlice(double[] data, int slice) {
    Vec3 position = stack.slices().get(slice).position();
    double[] polygon = new double[data.length / 3 * 2];
    boolean outside = false;
    for (int i = 0, to = 0; i < data.length; i += 3, to += 2) {
      Vec3 offset = new Vec3(data[i], data[i + 1], data[i + 2]).minus(position);
      polygon[to] = offset.dot(stack.rowDirection()) / stack.columnSpacing();
      polygon[to + 1] = offset.dot(stack.columnDirection()) / stack.rowSpacing();
      outside |=
          polygon[to] < -0.5
              || polygon[to] > stack.columns() - 0.5
              || polygon[to + 1] < -0.5
              || polygon[to + 1] > stack.rows() - 0.5;
    }
    if (outside) {
      note(
          Reason.OUTSIDE_IMAGE,
          "contour of image " + stack.slices().get(slice).sopInstanceUid() + " leaves it");
    }
    return polygon;
  }

  /**
   * The polygons of each slice. Where contours of two planes are nearest to one slice, because the series was
   * thinned out, only those nearest to it are taken: the even-odd rule is for contours of one plane. To be
   * called once, after the last contour.
   */
  Map<Integer, List<double[]>> polygons() {
    Map<Integer, List<double[]>> polygons = new HashMap<>();
    placed.forEach(
        (slice, contours) -> {
          double best = contours.stream().mapToDouble(Placed::offset).min().orElseThrow();
          List<double[]> taken = new ArrayList<>();
          for (Placed contour : contours) {
            String at =
                String.format(
                    "contour %.2f mm off the plane of %s",
                    contour.offset(), stack.slices().get(slice).sopInstanceUid());
            if (contour.offset() > best + POSITION_TOLERANCE_MM) {
              note(Reason.OFF_PLANE, at + ", where others are nearer");
              continue;
            }
            if (contour.offset() > POSITION_TOLERANCE_MM) {
              note(Reason.NEAR_PLANE, at);
            }
            taken.add(contour.polygon());
          }
          polygons.put(slice, taken);
        });
    return polygons;
  }

  private void note(Reason reason, String text) {
    findings.merge(
        reason,
        new Finding(reason, roiNumber, 1, text),
        (first, next) -> new Finding(reason, roiNumber, first.contours() + 1, first.text()));
  }
}

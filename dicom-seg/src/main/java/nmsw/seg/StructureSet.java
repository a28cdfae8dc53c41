package nmsw.seg;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.volume.Code;
import nmsw.volume.SliceStack;

/**
 * The regions of interest of an RT Structure Set on the planes of the series that it refers to.
 *
 * @param rois in the object's order, those without a contour on any plane too
 * @param findings what was left out or is odd; empty if the object is in the masks as it says itself
 */
public record StructureSet(String sopInstanceUid, List<Roi> rois, List<Finding> findings) {
  public StructureSet {
    rois = List.copyOf(rois);
    findings = List.copyOf(findings);
  }

  /** One region of interest. */
  public static final class Roi {
    private final int number;
    private final String name;
    private final Optional<String> interpretedType;
    private final Optional<Code> code;
    private final SliceStack stack;
    private final Map<Integer, List<double[]>> polygons;

    /**
     * @param polygons by slice, column and row of each point in turn
     */
    Roi(
        int number,
        String name,
        Optional<String> interpretedType,
        Optional<Code> code,
        SliceStack stack,
        Map<Integer, List<double[]>> polygons) {
      this.number = number;
      this.name = name;
      this.interpretedType = interpretedType;
      this.code = code;
      this.stack = stack;
      this.polygons = polygons;
    }

    /** ROI Number. */
    public int number() {
      return number;
    }

    /** ROI Name, empty if it has none. */
    public String name() {
      return name;
    }

    /** RT ROI Interpreted Type: {@code ORGAN}, {@code GTV}, {@code EXTERNAL}, ... (PS3.3 §C.8.8.8). */
    public Optional<String> interpretedType() {
      return interpretedType;
    }

    /** RT ROI Identification Code. */
    public Optional<Code> code() {
      return code;
    }

    /**
     * The set pixels of a slice of the stack by row-major index ({@code row * columns + column}); drawn anew
     * at each call.
     */
    public BitSet mask(int slice) {
      return ContourRaster.fill(polygons.getOrDefault(slice, List.of()), stack.columns(), stack.rows());
    }

    /** Number of set pixels over all slices. */
    public long pixelCount() {
      return polygons.keySet().stream().mapToLong(slice -> mask(slice).cardinality()).sum();
    }

    /** Number, and how many slices; never the name, which may be anything. */
    @Override
    public String toString() {
      return "ROI " + number + " on " + polygons.size() + " slices";
    }
  }

  /** What there is to know about contours, or about a whole region of interest. */
  public enum Reason {
    /** A POINT, or an OPEN contour: it encloses nothing and was left out. */
    NOT_CLOSED,
    /** The coordinates are no triples of numbers, or fewer than the object says: left out. */
    BAD_CONTOUR_DATA,
    /**
     * Left out, because it lies more than half a slice distance off every plane, or is not parallel to them,
     * or others of its region lie nearer to the same plane.
     */
    OFF_PLANE,
    /** It lies on no plane and was drawn on the nearest one, less than half a slice distance away. */
    NEAR_PLANE,
    /** Some of it lies outside of the images; the rest is in the mask. */
    OUTSIDE_IMAGE,
    /** It names an image that is not in the stack; its points decide where it is. */
    UNKNOWN_IMAGE,
    /** It names an image of the stack, but lies on another one's plane; its points decide. */
    OTHER_IMAGE,
    /** The region is in another Frame of Reference than the images: left out. */
    OTHER_FRAME_OF_REFERENCE,
    /** A region without a number or with an earlier one's, or contours of a region that is not described. */
    BAD_ROI
  }

  /**
   * Something to know about a region of interest.
   *
   * @param roiNumber ROI Number; -1 if there is none
   * @param contours how many contours it is about; 0 if about the whole region
   * @param text of the first of them; UIDs, positions and numbers, never a name
   */
  public record Finding(Reason reason, int roiNumber, int contours, String text) {}
}

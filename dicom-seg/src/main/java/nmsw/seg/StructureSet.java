package nmsw.seg;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import nmsw.volume.Code;

/**
 * The regions of interest of an RT Structure Set, drawn on the planes of the series that it refers to.
 *
 * @param rois in the object's order, those without a contour on any plane too
 * @param findings what was left out, and why; empty if all of the object is in the masks
 */
public record StructureSet(String sopInstanceUid, List<Roi> rois, List<Finding> findings) {
  /**
   * One region of interest.
   *
   * @param number ROI Number
   * @param name ROI Name, empty if it has none
   * @param interpretedType RT ROI Interpreted Type ({@code ORGAN}, {@code GTV}, {@code EXTERNAL}, ...; PS3.3
   *     §C.8.8.8)
   * @param code RT ROI Identification Code
   * @param masks per slice of the stack the set pixels by row-major index ({@code row * columns + column});
   *     not copied
   */
  public record Roi(
      int number, String name, Optional<String> interpretedType, Optional<Code> code, List<BitSet> masks) {
    public Roi {
      masks = List.copyOf(masks);
    }

    /** Number of set pixels over all slices. */
    public long pixelCount() {
      return masks.stream().mapToLong(BitSet::cardinality).sum();
    }
  }

  /** Why a contour, or a whole region of interest, is not in a mask. */
  public enum Reason {
    /** A POINT, or an OPEN contour: it encloses nothing. */
    NOT_CLOSED,
    /** Fewer than three points, or no area. */
    DEGENERATE,
    /** It lies more than half a slice spacing off every plane, or is not parallel to them. */
    OFF_PLANE,
    /** It lies within half a slice spacing of a plane, yet on none; it was drawn on the nearest one. */
    NEAR_PLANE,
    /** Some of it lies outside of the images; the rest is in the mask. */
    OUTSIDE_IMAGE,
    /** It names an image that is not in the stack; its points decide all the same. */
    UNKNOWN_IMAGE,
    /** It names an image of the stack, but lies on another one's plane; its points decide. */
    OTHER_IMAGE,
    /** The region of interest is in another Frame of Reference than the structure set's other ones. */
    OTHER_FRAME_OF_REFERENCE,
    /** Its contours' coordinates are no triples of numbers. */
    BAD_CONTOUR_DATA,
    /** The region of interest has a number that an earlier one has, or contours but no description. */
    BAD_ROI
  }

  /**
   * Something to know about a region of interest.
   *
   * @param roiNumber ROI Number
   * @param contours how many contours it is about; 0 if it is about the whole region
   * @param text names UIDs, positions and numbers; never a name
   */
  public record Finding(Reason reason, int roiNumber, int contours, String text) {}

  public StructureSet {
    rois = List.copyOf(rois);
    findings = List.copyOf(new ArrayList<>(findings));
  }
}

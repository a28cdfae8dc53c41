package nmsw.seg;

import java.util.List;
import java.util.Optional;
import nmsw.volume.Vec3;

/**
 * One frame of a Segmentation: the pixels of one segment in one plane; {@link Segmentation#mask} has the
 * pixels.
 *
 * @param index place in the object, from 0
 * @param segmentNumber segment that the pixels belong to
 * @param sources the images that it was drawn on, as the object says
 * @param plane where it lies in the patient, where the object says so
 */
public record SegmentationFrame(
    int index, int segmentNumber, List<SourceImage> sources, Optional<Plane> plane) {
  public SegmentationFrame {
    sources = List.copyOf(sources);
  }

  /**
   * A source image.
   *
   * @param frame frame number in a multi-frame instance; 1 where the object names none
   */
  public record SourceImage(String sopInstanceUid, int frame) {}

  /** Position of the first pixel's centre (LPS, mm) and the directions of increasing column and row index. */
  public record Plane(Vec3 position, Vec3 rowDirection, Vec3 columnDirection) {}
}

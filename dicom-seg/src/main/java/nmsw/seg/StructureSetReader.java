package nmsw.seg;

import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.volume.SliceStack;

/**
 * Reads RT Structure Sets (PS3.3 §A.19) as masks on the planes of the CT series that they were drawn on.
 *
 * <p>Contour points, in patient millimetres, become fractional pixel indices by the stack's geometry, whatever
 * its orientation. A pixel is in the mask if its centre is inside by the even-odd rule over all CLOSED_PLANAR
 * contours of the region on that plane: a contour within another is a hole, a keyhole contour is one too, and
 * contours side by side are all drawn. A centre exactly on a contour belongs to the pixel of greater index
 * only, so that regions that share a border share no pixel.
 */
public final class StructureSetReader {
  private StructureSetReader() {}

  /**
   * Reads an object.
   *
   * @param stack the series that it was drawn on
   * @throws DicomException if the object is no RT Structure Set, refers to another series than the stack's, or
   *     has more contours or points than any real one
   */
  public static StructureSet read(Dataset dataset, SliceStack stack) throws DicomException {
    throw new UnsupportedOperationException();
  }
}

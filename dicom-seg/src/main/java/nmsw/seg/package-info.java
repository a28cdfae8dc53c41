/**
 * DICOM Segmentation objects: label slices in, a Segmentation out, and back; RT Structure Sets in. Reports and
 * pictures of what was found out.
 *
 * <p>The node writes its answers here; training and the demonstration read segmentations, ours or another
 * vendor's. Start at {@link nmsw.seg.SegmentationWriter} and {@link nmsw.seg.SegmentationReader};
 * {@link nmsw.seg.MeasurementReport} and {@link nmsw.seg.SecondaryCapture} tell of the same result otherwise;
 * {@link nmsw.seg.ResultUids} says why a second run gives the same object. Pixels are packed and unpacked in
 * {@code PackedFrames} alone. {@link nmsw.seg.StructureSetReader} draws the contours of RT Structure Sets on
 * the slices of their series; {@code ContourRaster} says which pixels are inside.
 */
package nmsw.seg;

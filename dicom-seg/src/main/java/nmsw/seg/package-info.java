/**
 * DICOM Segmentation objects: label slices in, one BINARY Segmentation out, and back; RT Structure Sets in.
 *
 * <p>The node writes its answers here; training and the demonstration read segmentations, ours or another
 * vendor's. Start at {@link nmsw.seg.SegmentationWriter} and {@link nmsw.seg.SegmentationReader};
 * {@link nmsw.seg.ResultUids} says why a second run gives the same object. Pixels are packed and unpacked in
 * {@code PackedFrames} alone. {@link nmsw.seg.StructureSetReader} draws the contours of RT Structure Sets on
 * the slices of their series; {@code ContourRaster} says which pixels are inside.
 */
package nmsw.seg;

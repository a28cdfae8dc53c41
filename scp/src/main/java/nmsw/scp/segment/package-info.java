/**
 * From the files of a CT series to labels on its slices, in one process and without a network: {@link
 * nmsw.scp.segment.SeriesSegmentation} is where to start. {@link nmsw.scp.segment.VolumeSegmenter} is what a model has
 * to be able to do. Geometry that cannot be trusted is refused by its code.
 */
package nmsw.scp.segment;

/**
 * From a CT volume to organ labels: NMSW inference (NMSW §§2-7) with the model of a bundle.
 *
 * <p>{@link nmsw.segmentation.Segmenter} is the entry; it is fed with a {@link
 * nmsw.segmentation.ModelBundle} read from disk and the {@link nmsw.segmentation.Compute} to run on. Used
 * by the node and by training's evaluation; the networks themselves live in {@code nmsw.segmentation.nn}.
 */
package nmsw.segmentation;

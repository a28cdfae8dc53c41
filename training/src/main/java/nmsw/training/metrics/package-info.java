/**
 * How well predicted labels match true ones (NMSW §13): overlap, normalised surface distance and Hausdorff distance, per
 * class of a case. Knows nothing of networks or files. Start reading at {@link nmsw.training.metrics.LabelComparison}.
 */
package nmsw.training.metrics;

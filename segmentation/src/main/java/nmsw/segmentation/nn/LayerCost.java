package nmsw.segmentation.nn;

/**
 * Work of one layer for one input size.
 *
 * @param layer name, as in the prefix of its parameters
 * @param parameters trainable numbers
 * @param macs multiply-accumulates that the layer needs; a transposed convolution counts each tap once per input voxel
 * @param countedOperations what the paper's op counter charges (NMSW §11): transposed convolutions per output voxel, norms
 *     and activations per element, attention products not at all
 */
public record LayerCost(String layer, long parameters, long macs, long countedOperations) {}

/**
 * NMSW-Net as arithmetic: backbones, the patch-importance head, the patch grid, and the named weights that
 * feed them.
 *
 * <p>A network is described once in Java ({@link nmsw.segmentation.nn.Backbone}), emitted as TorchScript
 * and run through {@link nmsw.segmentation.nn.ScriptModule}, for inference and for training alike. Weights
 * are plain named arrays ({@link nmsw.segmentation.nn.Parameters}), stored as safetensors. Used by {@code
 * nmsw.segmentation} and {@code nmsw.training}. Start reading at {@link nmsw.segmentation.nn.NmswNet}.
 */
package nmsw.segmentation.nn;

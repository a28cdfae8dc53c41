/**
 * Weights that were trained elsewhere become a model bundle: files of {@code torch.save} and safetensors,
 * and the names that public implementations of the backbones give to their parameters.
 *
 * <p>No pickle is executed: {@link nmsw.segmentation.checkpoint.Unpickler} builds dictionaries, numbers and
 * references to tensors, and refuses everything else. Called by the launcher's {@code model import}. Start
 * reading at {@link nmsw.segmentation.checkpoint.ModelImport}.
 */
package nmsw.segmentation.checkpoint;

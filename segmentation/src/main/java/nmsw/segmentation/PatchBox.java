package nmsw.segmentation;

import nmsw.segmentation.nn.Int3;

/**
 * A patch that the local network looked at.
 *
 * @param start index of its first voxel in the input's grid; it may lie outside where the volume was padded
 * @param size voxels
 * @param importance its objectness logit; larger is more important
 */
public record PatchBox(Int3 start, Int3 size, float importance) {}

package nmsw.segmentation;

/**
 * Memory of a GPU, bytes.
 *
 * @param used by whatever process
 */
public record DeviceMemory(long used, long total) {}

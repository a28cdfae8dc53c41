package nmsw.segmentation;

import java.util.Locale;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.PendingLogits;
import nmsw.segmentation.nn.UNet;

/**
 * The memory that a segmentation takes beyond the loaded model, computed before it starts and again when the patches
 * are known. With V voxels of the volume, the padded size P, L = P / rate, a patch of p voxels, C classes, a batch of b
 * patches, s bytes per value (4, or 2 in bfloat16), a(network) values per input voxel at a network's fullest moment and
 * H voxels that the fusion holds at most:
 *
 * <pre>
 * heap     2V volume, 4V labels and probabilities, 6L low input and labels, 2LC low logits, 2(C + 1)H held by the fusion
 * native   max(4L + s L a(global) + o(L), 4bp + s bp a(local) + o(bp)), on the device that runs the networks
 * transfer a slab, beside it on the host if that device is a GPU
 * </pre>
 *
 * <p>a is, for the channels f of the second-to-last decoder feature: U-Net 1 + 3f/4, MedNeXt 3f and Swin-UNETR
 * max(18f, 7f + C) (attention of the first stage: 343 scores per token and head, three times). o is what has a channel
 * per class: 8 bytes per voxel and class with a U-Net, the logits and as much again for its last block, or 4 slabs of
 * {@link PendingLogits} if a map is larger than a slab; 4 bytes with the others, and 2 in bfloat16 beside them. Measured as
 * growth of the resident memory on a CPU, one patch of 128^3 with 14 classes in float32: the paper's U-Net 400 to 450 MB where
 * this says 453, MedNeXt 1487 where it says 1736.
 *
 * @param subject what is segmented, for messages; background is not among its classes
 * @param presentBytes of the heap that are held already
 * @param heapBytes heap, what is held already included
 * @param hostBytes memory of the host outside the heap
 * @param gpuBytes memory of the GPU; 0 on the CPU
 * @param heldVoxelBytes of the heap for each voxel that the fusion holds
 */
record MemoryPlan(
    String subject,
    long presentBytes,
    long heapBytes,
    long hostBytes,
    long gpuBytes,
    long heldVoxelBytes) {

  /**
   * Without what the fusion holds, which depends on the patches.
   *
   * @param volume voxels of the volume
   * @param padded size of the networks' input, see {@link NetworkInput#size()}
   * @param keeping whether the logits of one patch are kept, as they are where time is limited
   */
  static MemoryPlan of(
      ModelDescription model, NmswNet net, Int3 volume, Int3 padded, Attempt attempt, boolean keeping) {
    long voxels = volume.product();
    long low = padded.dividedBy(model.rate()).product();
    long classes = net.classes();
    long batch = attempt.batch() * model.patch().product();
    long heap = 2 * voxels + 4 * voxels + 6 * low + 2 * low * classes;
    int value = attempt.compute().form().bytesPerValue();
    long kept = keeping ? 4 * classes * batch : 0;
    long networks =
        Math.max(
            4 * low + (long) (value * low * activations(net.global())) + ofClasses(net.global(), low, value),
            4 * batch + (long) (value * batch * activations(net.local())) + ofClasses(net.local(), batch, value) + kept);
    boolean gpu = attempt.compute().device().isGpu();
    return new MemoryPlan(
        "volume " + volume + " with " + (classes - 1) + " classes",
        2 * voxels,
        heap,
        gpu ? PendingLogits.SLAB_BYTES + kept : networks,
        gpu ? networks : 0,
        2 * (classes + 1));
  }

  /**
   * What is needed from then on when patches were selected.
   *
   * @param voxels that the fusion holds at most at a time
   */
  MemoryPlan refining(long voxels) {
    return new MemoryPlan(
        subject, heapBytes, heapBytes + heldVoxelBytes * voxels, hostBytes, gpuBytes, heldVoxelBytes);
  }

  /** Values per input voxel that are held at a network's fullest moment, those of the classes apart. */
  private static double activations(Backbone network) {
    double f = network.featureChannels();
    return switch (network.name()) {
      case "unet" -> 1 + 0.75 * f;
      case "mednext" -> 3 * f;
      default -> Math.max(18 * f, 7 * f + network.classes());
    };
  }

  /** Bytes of what has a channel per class. */
  private static long ofClasses(Backbone network, long voxels, int valueBytes) {
    long map = network.classes() * voxels;
    if (network instanceof UNet) {
      return valueBytes * map <= PendingLogits.SLAB_BYTES ? 8 * map : 4 * PendingLogits.SLAB_BYTES;
    }
    return 4 * map + (valueBytes < 4 ? valueBytes * map : 0);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.1f GB heap, %.1f GB host, %.1f GB GPU",
        heapBytes / 1e9, hostBytes / 1e9, gpuBytes / 1e9);
  }
}

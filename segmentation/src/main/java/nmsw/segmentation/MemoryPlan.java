package nmsw.segmentation;

import java.util.Locale;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;

/**
 * The memory that one segmentation takes beyond the loaded model, computed before it starts. With V voxels of
 * the volume, the padded size P, L = P / rate, a patch of p voxels, C classes, a batch of b patches, s bytes
 * per value (4, or 2 in bfloat16) and a(network) values per input voxel at a network's fullest moment:
 *
 * <pre>
 * heap     2V volume, V labels, 5L low input and labels, 2LC low logits
 *          2(C + 1) * p.x * min(P.y, k * p.y) * min(P.z, k * p.z) held by the fusion at most
 * native   max(4L + s L a(global), 4bp + s bp a(local)), on the device that runs the networks
 * transfer 4C max(L / L.x, bp), beside it on the host if that device is a GPU
 * </pre>
 *
 * <p>a is, for the channels f of the second-to-last decoder feature: U-Net 1 + 3C + f/2 (the last decoder
 * block holds three maps of C channels), MedNeXt 5f + C (the last up block expands to four times f/2
 * channels and holds that twice) and Swin-UNETR max(18f, 7f + 2C) (attention of the first stage: 343 scores
 * per token and head, three times). Only the U-Net's was measured, as growth of the resident set on a CPU
 * in float32: 42 to 50 with 14 classes where it says 59, 150 to 177 with 50 where it says 167, 316 to 324
 * with 104 where it says 329; a narrow one (8, 16, 32 channels, 17 classes) took 51 to 65 where it says 56.
 *
 * @param subject what is segmented, for messages; background is not among its classes
 * @param volumeBytes heap that the volume holds before the run starts
 * @param heapBytes heap, the volume included
 * @param hostBytes memory of the host outside the heap
 * @param gpuBytes memory of the GPU; 0 on the CPU
 * @param largestBuffer bytes of the largest single buffer, which Java bounds
 */
record MemoryPlan(
    String subject,
    long volumeBytes,
    long heapBytes,
    long hostBytes,
    long gpuBytes,
    long largestBuffer) {

  /**
   * @param volume voxels of the volume
   * @param padded size of the networks' input, see {@link NetworkInput#size()}
   * @param patches upper bound of the number of patches
   */
  static MemoryPlan of(
      ModelDescription model, NmswNet net, Int3 volume, Int3 padded, int patches, Attempt attempt) {
    long voxels = volume.product();
    long low = padded.dividedBy(model.rate()).product();
    long classes = net.classes();
    Int3 patch = model.patch();
    long batch = attempt.batch() * patch.product();
    long lowPlane = 4 * classes * low / Math.max(1, padded.x() / model.rate().x());
    long patchLogits = 4 * batch * classes;
    long plane = reach(padded.y(), patches, patch.y()) * reach(padded.z(), patches, patch.z());
    long fusion = patches < 2 ? 0 : 2 * (classes + 1) * patch.x() * plane;
    long heap = 2 * voxels + voxels + 5 * low + 2 * low * classes + fusion;
    int value = attempt.compute().form().bytesPerValue();
    long networks =
        Math.max(
            4 * low + (long) (value * low * activations(net.global())),
            4 * batch + (long) (value * batch * activations(net.local())));
    boolean gpu = attempt.compute().device().isGpu();
    return new MemoryPlan(
        "volume " + volume + " with " + (classes - 1) + " classes",
        2 * voxels,
        heap,
        gpu ? Math.max(lowPlane, patchLogits) : networks,
        gpu ? networks : 0,
        Math.max(lowPlane, patchLogits));
  }

  private static long reach(int size, int patches, int patch) {
    return Math.min(size, (long) patches * patch);
  }

  /** Values per input voxel that are held at a network's fullest moment. */
  static double activations(Backbone network) {
    double f = network.featureChannels();
    int classes = network.classes();
    return switch (network.name()) {
      case "unet" -> 1 + 3 * classes + f / 2;
      case "mednext" -> 5 * f + classes;
      default -> Math.max(18 * f, 7 * f + 2 * classes);
    };
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.1f GB heap, %.1f GB host, %.1f GB GPU",
        heapBytes / 1e9, hostBytes / 1e9, gpuBytes / 1e9);
  }
}

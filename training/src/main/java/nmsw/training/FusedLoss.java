package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nmsw.segmentation.nn.Int3;

/**
 * {@link HighLoss} by the engine's differentiation, on the device that the logits are on (NMSW §15.3.10). Soft Dice and
 * cross-entropy are functions of a few sums over voxels: a first pass over slabs takes these sums, whose derivatives are
 * arithmetic, and a second one fuses each slab again and differentiates its part of the sums. The result is that of the
 * whole volume in one piece; what is held at once is a slab's. A volume of one slab is gone over once.
 */
final class FusedLoss implements HighLoss {
  /** Bytes of a slab's logits; its derivatives take some five times as much. */
  private static final long SLAB_BYTES = 64 << 20;

  private final DifferentiableFusion fusion;
  private final NmswLoss loss;
  private final long slabBytes;

  FusedLoss(DifferentiableFusion fusion, NmswLoss loss) {
    this(fusion, loss, SLAB_BYTES);
  }

  FusedLoss(DifferentiableFusion fusion, NmswLoss loss, long slabBytes) {
    this.fusion = fusion;
    this.loss = loss;
    this.slabBytes = slabBytes;
  }

  /** The loss of one sample, known; its gradient is added to the arguments' when asked for. */
  private final class Pending implements HighLoss.Pending {
    private final NDArray low;
    private final NDArray patches;
    private final NDArray classWeight;
    private final List<Int3> starts;
    private final Sample sample;
    private final AnnotatedClasses annotated;
    private final NmswLoss.Sums sums;
    private final NmswLoss.Part whole;

    private Pending(
        NDArray low, NDArray patches, NDArray classWeight, List<Int3> starts, Sample sample) {
      this.low = low;
      this.patches = patches;
      this.classWeight = classWeight;
      this.starts = starts;
      this.sample = sample;
      this.annotated = new AnnotatedClasses(classes(), sample.unannotated());
      this.sums = NmswLoss.Sums.of(sample.labels(), annotated);
      List<int[]> slabs = slabs();
      if (slabs.size() == 1) {
        whole = partOf(low.getManager(), 0, sample.size().x());
        sums.add(whole);
      } else {
        whole = null;
        addWithoutGradients(slabs);
      }
    }

    private void addWithoutGradients(List<int[]> slabs) {
      boolean gradients = JniUtils.isGradMode();
      JniUtils.setGradMode(false);
      try {
        for (int[] planes : slabs) {
          try (NDManager slab = low.getManager().newSubManager()) {
            sums.add(partOf(slab, planes[0], planes[1]));
          }
        }
      } finally {
        JniUtils.setGradMode(gradients);
      }
    }

    private int classes() {
      return (int) low.getShape().get(1);
    }

    @Override
    public double value() {
      return loss.diceCe(sums);
    }

    @Override
    public void backward(GradientCollector collector) {
      if (whole != null) {
        collector.backward(loss.derivative(sums, whole));
        return;
      }
      for (int[] planes : slabs()) {
        try (NDManager slab = low.getManager().newSubManager()) {
          collector.backward(loss.derivative(sums, partOf(slab, planes[0], planes[1])));
        }
      }
    }

    /** First plane and the one after the last of each slab: whole planes of low resolution. */
    private List<int[]> slabs() {
      Int3 size = sample.size();
      int rate = size.x() / (int) low.getShape().get(2);
      long plane = 4L * classes() * size.y() * size.z();
      int planes = (int) Math.max(1, slabBytes / (plane * rate)) * rate;
      List<int[]> slabs = new ArrayList<>();
      for (int x = 0; x < size.x(); x += planes) {
        slabs.add(new int[] {x, Math.min(size.x(), x + planes)});
      }
      return slabs;
    }

    private NmswLoss.Part partOf(NDManager manager, int from, int to) {
      Int3 size = sample.size();
      DifferentiableFusion.Slab slab = fusion.slab(manager, starts, size, from, to);
      int plane = size.y() * size.z();
      byte[] labels = Arrays.copyOfRange(sample.labels(), from * plane, to * plane);
      return loss.part(
          fusion.fuse(low, patches, classWeight, slab),
          NmswLoss.Target.of(manager, List.of(labels), annotated, low.getDataType()));
    }
  }

  @Override
  public HighLoss.Pending of(
      NDArray low, NDArray patches, NDArray classWeight, List<Int3> starts, Sample sample) {
    return new Pending(low, patches, classWeight, List.copyOf(starts), sample);
  }
}

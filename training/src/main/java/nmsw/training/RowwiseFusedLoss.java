package nmsw.training;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import nmsw.segmentation.Upsampling;
import nmsw.segmentation.nn.Int3;

/**
 * {@link HighLoss} row by row on the host: soft Dice and cross-entropy are functions of a few sums over voxels, so that one
 * pass over the rows takes the sums and a second one, which fuses each row again, the derivatives in closed form. No tensor of
 * classes and voxels is ever made, and nothing is left to the engine's differentiation.
 *
 * <p>The result does not depend on the number of threads: what rows add up to is added up in their order.
 */
final class RowwiseFusedLoss implements HighLoss {
  private final NmswLoss loss;
  private final double[] weight;
  private final Int3 patch;

  /**
   * @param weight importance of each voxel of a patch, positive, z fastest
   */
  RowwiseFusedLoss(NmswLoss loss, double[] weight, Int3 patch) {
    this.loss = loss;
    this.weight = weight;
    this.patch = patch;
  }

  @Override
  public HighLoss.Pending of(
      NDArray low, NDArray patches, NDArray classWeight, List<Int3> starts, Sample sample) {
    return new Pending(low, patches, classWeight, starts, sample);
  }

  private final class Pending implements HighLoss.Pending {
    private final NDArray low;
    private final NDArray patches;
    private final NDArray classWeight;
    private final Sample sample;
    private final AnnotatedClasses annotated;
    private final FusedRow.Parts parts;
    private final NmswLoss.Sums sums;

    Pending(NDArray low, NDArray patches, NDArray classWeight, List<Int3> starts, Sample sample) {
      this.low = low;
      this.patches = patches;
      this.classWeight = classWeight;
      this.sample = sample;
      int classes = (int) low.getShape().get(1);
      annotated = new AnnotatedClasses(classes, sample.unannotated());
      Int3 lowSize =
          new Int3((int) low.getShape().get(2), (int) low.getShape().get(3), (int) low.getShape().get(4));
      Upsampling[] axes = new Upsampling[3];
      for (int axis = 0; axis < 3; axis++) {
        axes[axis] = new Upsampling(lowSize.get(axis), sample.size().get(axis));
      }
      double[] gate = new double[classes];
      new HostArray(classWeight).read(0, gate, classes, new float[classes]);
      for (int c = 0; c < classes; c++) {
        gate[c] = 1 / (1 + Math.exp(-gate[c]));
      }
      parts =
          new FusedRow.Parts(
              new HostArray(low), lowSize, new HostArray(patches), patch, gate, weight, List.copyOf(starts),
              sample.size(), axes);
      sums = NmswLoss.Sums.of(sample.labels(), annotated);
      for (RowLoss.Totals ofCell : overCells(cells(0, 1), this::totals)) {
        sums.add(ofCell.hit(), ofCell.mass(), ofCell.entropy());
      }
    }

    /** Every so many cells between low planes from one on, each as the planes x that lie in it. */
    private List<int[]> cells(int first, int step) {
      Upsampling alongX = parts.axes()[0];
      List<int[]> cells = new ArrayList<>();
      int from = 0;
      for (int x = 1; x <= sample.size().x(); x++) {
        if (x == sample.size().x() || alongX.cell(x) != alongX.cell(from)) {
          cells.add(new int[] {from, x});
          from = x;
        }
      }
      return IntStream.range(0, cells.size()).filter(i -> i % step == first).mapToObj(cells::get).toList();
    }

    private <T> List<T> overCells(List<int[]> cells, Function<int[], T> work) {
      // As many threads as the engine takes: a run of one thread is to leave the other cores alone.
      return (JniUtils.getNumThreads() > 1 ? cells.parallelStream() : cells.stream()).map(work).toList();
    }

    private RowLoss.Totals totals(int[] planes) {
      RowLoss rowLoss = new RowLoss(parts.classes(), annotated, sample.size().z());
      FusedRow row = new FusedRow(parts, null);
      forEachRow(planes, row, (logits, first) -> rowLoss.add(logits, sample.labels(), first));
      return rowLoss.totals();
    }

    @Override
    public double value() {
      return loss.diceCe(sums);
    }

    @Override
    public void backward(GradientCollector collector) {
      NmswLoss.Derivatives by = loss.derivatives(sums);
      NDArray byLow = zeros(low);
      NDArray byPatches = zeros(patches);
      NDArray ofClassWeight = zeros(classWeight);
      FusedRow.Gradient gradient = new FusedRow.Gradient(new HostArray(byLow), new HostArray(byPatches));
      double[] byClassWeight = new double[parts.classes()];
      // Neighbouring cells add to one low plane: first the even ones, then the odd ones.
      for (int first = 0; first < 2; first++) {
        for (double[] ofCell : overCells(cells(first, 2), planes -> spread(planes, by, gradient))) {
          for (int c = 0; c < byClassWeight.length; c++) {
            byClassWeight[c] += ofCell[c];
          }
        }
      }
      new HostArray(ofClassWeight).add(0, byClassWeight, 1, byClassWeight.length, new float[byClassWeight.length]);
      // Scalars with these gradients. What is computed of the class weights must not go to their manager, which outlives the step.
      collector.backward(
          byLow
              .flatten()
              .dot(low.flatten())
              .add(byPatches.flatten().dot(patches.flatten()))
              .add(ofClassWeight.dot(classWeight)));
    }

    private NDArray zeros(NDArray leaf) {
      return low.getManager().zeros(leaf.getShape(), leaf.getDataType());
    }

    private double[] spread(
        int[] planes, NmswLoss.Derivatives by, FusedRow.Gradient gradient) {
      RowLoss rowLoss = new RowLoss(parts.classes(), annotated, sample.size().z());
      FusedRow row = new FusedRow(parts, gradient);
      forEachRow(
          planes, row, (logits, first) -> row.spread(rowLoss.derivatives(logits, sample.labels(), first, by)));
      row.finish();
      return row.gateGradient();
    }

    private void forEachRow(int[] planes, FusedRow row, RowWork work) {
      Int3 size = sample.size();
      for (int y = 0; y < size.y(); y++) {
        row.moveTo(parts.axes()[0].cell(planes[0]), y);
        for (int x = planes[0]; x < planes[1]; x++) {
          work.row(row.at(x), (x * size.y() + y) * size.z());
        }
      }
    }
  }

  private interface RowWork {
    /**
     * @param logits [class][z]
     * @param first voxel of the row
     */
    void row(double[][] logits, int first);
  }
}

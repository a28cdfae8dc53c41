package nmsw.training;

import static nmsw.training.GoldenVectors.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loss by slabs and row by row against the whole volume in one piece, in double precision. */
class FusedLossTest {
  private static final int CLASSES = 4;
  private static final Int3 VOLUME = new Int3(36, 9, 6);
  private static final Int3 PATCH = new Int3(5, 4, 3);

  /** Two patches overlap, one touches the volume's end, and a slab border goes through them. */
  private static final List<Int3> STARTS =
      List.of(new Int3(29, 0, 2), new Int3(10, 2, 1), new Int3(31, 5, 3));

  private record Leaves(NDArray low, NDArray patches, NDArray classWeight) {
    static Leaves of(NDManager manager, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      Leaves leaves =
          new Leaves(
              normal(manager, random, new Shape(1, CLASSES, 12, 3, 2)),
              normal(manager, random, new Shape(4, CLASSES, PATCH.x(), PATCH.y(), PATCH.z())),
              normal(manager, random, new Shape(CLASSES)));
      leaves.all().forEach(leaf -> leaf.setRequiresGradient(true));
      return leaves;
    }

    List<NDArray> all() {
      return List.of(low, patches, classWeight);
    }
  }

  private static NDArray normal(NDManager manager, SplittableRandom random, Shape shape) {
    double[] values = new double[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextGaussian();
    }
    return manager.create(values, shape);
  }

  /** Class 3 is absent. */
  private static Sample sample(long seed, Set<Integer> unannotated) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] labels = new byte[(int) VOLUME.product()];
    for (int v = 0; v < labels.length; v++) {
      labels[v] = (byte) random.nextInt(CLASSES - 1);
    }
    return new Sample("case", VOLUME, new float[labels.length], labels, unannotated);
  }

  /**
   * @param slabBytes 0: row by row
   */
  @ParameterizedTest
  @CsvSource({
    "1, false, 0", "1, true, 0", "12000, false, 0", "100000000, true, 0",
    "1, true, 2", "12000, false, 1", "12000, false, 3", "100000000, true, 2",
    "0, false, 0", "0, true, 0", "0, false, 1", "0, true, 2", "0, false, 3"
  })
  void equalsTheWholeInOnePiece(long slabBytes, boolean ignoreAbsent, int unannotated) {
    Sample sample = sample(3, unannotated == 0 ? Set.of() : Set.of(unannotated));
    NmswLoss.Weights weights = new NmswLoss.Weights(0.8, 0.2, 0, false, ignoreAbsent);
    double[] gaussian = new double[(int) PATCH.product()];
    for (int v = 0; v < gaussian.length; v++) {
      gaussian[v] = 0.001 + v % 7;
    }
    try (NDManager manager = NDManager.newBaseManager();
        DifferentiableFusion fusion = new DifferentiableFusion(manager, gaussian, PATCH);
        NmswLoss loss = new NmswLoss(manager, weights);
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      Leaves plain = Leaves.of(manager, 8);
      NDArray fused =
          fusion.fuse(
              plain.low(),
              plain.patches(),
              plain.classWeight(),
              fusion.slab(manager, STARTS, VOLUME, 0, VOLUME.x()));
      NDArray expected =
          loss.diceCe(
              fused,
              NmswLoss.Target.of(
                  manager,
                  List.of(sample.labels()),
                  new AnnotatedClasses(CLASSES, sample.unannotated()),
                  DataType.FLOAT64));
      collector.backward(expected);

      Leaves leaves = Leaves.of(manager, 8);
      HighLoss high =
          slabBytes == 0
              ? new RowwiseFusedLoss(loss, gaussian, PATCH)
              : new FusedLoss(fusion, loss, slabBytes);
      HighLoss.Pending pending =
          high
              .of(leaves.low(), leaves.patches(), leaves.classWeight(), STARTS, sample);
      assertEquals(expected.getDouble(), pending.value(), 1e-12);
      pending.backward(collector);
      for (int i = 0; i < 3; i++) {
        assertClose(
            plain.all().get(i).getGradient().toDoubleArray(),
            leaves.all().get(i).getGradient().toDoubleArray(),
            1e-12,
            List.of("low", "patches", "class weights").get(i));
      }
    }
  }
}

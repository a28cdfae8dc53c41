package nmsw.training;

import static nmsw.training.GoldenVectors.assertClose;
import static nmsw.training.GoldenVectors.data;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nmsw.segmentation.nn.Int3;
import org.junit.jupiter.api.Test;

class DifferentiableFusionTest {
  @Test
  void equalsGoldenValuesAndGradients() throws IOException {
    JsonNode golden = GoldenVectors.read("aggregation.json");
    JsonNode expected = golden.path("normalised_cw");
    try (NDManager manager = NDManager.newBaseManager();
        DifferentiableFusion fusion =
            new DifferentiableFusion(
                manager, data(golden.path("weight")), triple(golden.path("patch")))) {
      NDArray low = GoldenVectors.array(manager, golden.path("low_logits")).expandDims(0);
      NDArray patches = GoldenVectors.array(manager, golden.path("patch_logits"));
      NDArray classWeight = GoldenVectors.array(manager, golden.path("class_param"));
      NDArray upstream = GoldenVectors.array(manager, golden.path("dL_dout")).expandDims(0);
      Int3 volume = triple(golden.path("volume"));
      List<Int3> starts = new ArrayList<>();
      golden.path("starts").forEach(start -> starts.add(triple(start)));
      for (NDArray leaf : List.of(low, patches, classWeight)) {
        leaf.setRequiresGradient(true);
      }
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray out =
            fusion.fuse(low, patches, classWeight, fusion.slab(manager, starts, volume, 0, volume.x()));
        assertClose(data(expected.path("out")), out.toDoubleArray(), 1e-9, "out");
        collector.backward(out.mul(upstream).sum());
      }
      assertClose(data(expected.path("grad_low")), low.getGradient().toDoubleArray(), 1e-9, "low");
      assertClose(
          data(expected.path("grad_patch")), patches.getGradient().toDoubleArray(), 1e-9, "patches");
      assertClose(
          data(expected.path("grad_class_param")),
          classWeight.getGradient().toDoubleArray(),
          1e-9,
          "class weights");
    }
  }

  private static Int3 triple(JsonNode array) {
    return new Int3(array.get(0).asInt(), array.get(1).asInt(), array.get(2).asInt());
  }
}

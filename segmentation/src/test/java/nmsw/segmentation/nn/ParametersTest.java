package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.Safetensors.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParametersTest {
  @TempDir Path folder;

  private final NmswNet net =
      new NmswNet(new UNet(List.of(2, 3, 4), 3), new UNet(List.of(4, 4, 4), 3));

  @Test
  void initialValuesFollowTheFrameworksDefault() {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.initialise(manager, net.parameters(), 5)) {
      float[] weights = parameters.get("local.d1.w0").toFloatArray();
      double bound = 1 / Math.sqrt(4 * 27);
      double largest = 0;
      double mean = 0;
      for (float weight : weights) {
        largest = Math.max(largest, Math.abs(weight));
        mean += weight / weights.length;
      }
      assertTrue(largest <= bound && largest > 0.98 * bound, "largest " + largest);
      assertEquals(0, mean, 4 * bound / Math.sqrt(3 * weights.length));
      assertEquals(0.25f, parameters.get("global.d0.a0").getFloat());
      assertArrayEquals(new float[3], parameters.get("class_weight").toFloatArray());
    }
  }

  @Test
  void equalSeedsGiveEqualValues() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, Tensor> a = Parameters.initialise(manager, net.parameters(), 5).tensors();
      Map<String, Tensor> b = Parameters.initialise(manager, net.parameters(), 5).tensors();
      Map<String, Tensor> c = Parameters.initialise(manager, net.parameters(), 6).tensors();
      a.forEach((name, tensor) -> assertArrayEquals(tensor.values(), b.get(name).values(), name));
      assertFalse(Arrays.equals(a.get("local.d0.w0").values(), c.get("local.d0.w0").values()));
    }
  }

  @Test
  void partsFollowTheOrderOfTheirNetworks() {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.initialise(manager, net.parameters(), 5)) {
      assertEquals(net.local().parameters().size(), parameters.under(NmswNet.LOCAL).size());
      for (int i = 0; i < net.local().parameters().size(); i++) {
        Shape shape = parameters.under(NmswNet.LOCAL).get(i).getShape();
        assertEquals(net.local().parameters().get(i).shape(), shape);
      }
      long count = net.global().parameterCount() + net.local().parameterCount();
      assertEquals(count + 2 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 3, parameters.count());
    }
  }

  @Test
  void onlyWeightsAndNothingElseDecay() {
    for (ParameterSpec spec : net.parameters()) {
      String last = spec.name().substring(spec.name().lastIndexOf('.') + 1);
      assertEquals(last.startsWith("w"), spec.decay(), spec.name());
    }
  }

  @Test
  void savedParametersLoad() throws IOException {
    Path file = folder.resolve("w.safetensors");
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.initialise(manager, net.parameters(), 5)) {
      parameters.save(file, Type.F32);
      Parameters loaded = Parameters.load(manager, net.parameters(), file);
      assertArrayEquals(
          parameters.get("head.w0").toFloatArray(), loaded.get("head.w0").toFloatArray());

      NmswNet other = new NmswNet(net.global(), net.global());
      IOException refusal =
          assertThrows(
              IOException.class, () -> Parameters.load(manager, other.parameters(), file));
      assertTrue(refusal.getMessage().contains("local.d0.w0"), refusal.getMessage());
      IOException extra =
          assertThrows(
              IOException.class,
              () -> Parameters.load(manager, net.parameters().subList(1, 4), file));
      assertTrue(extra.getMessage().contains("global.d0.w0"), extra.getMessage());
    }
  }

  @Test
  void networksMustAgreeOnTheClasses() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new NmswNet(new UNet(List.of(2, 2, 2), 3), new UNet(List.of(2, 2, 2), 4)));
  }
}

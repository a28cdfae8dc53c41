package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The specification's golden vectors, which lie beside the project; without them the test is skipped. */
public final class GoldenVectors {
  private GoldenVectors() {}

  public static JsonNode read(String file) throws IOException {
    Path root = Path.of(System.getProperty("nmsw.root"));
    Path path = root.resolve("../shared/golden").resolve(file);
    if (!Files.exists(path)) {
      path = root.resolve("../../shared/golden").resolve(file);
    }
    assumeTrue(Files.exists(path), "SKIPPED: golden vectors not found: " + path.toAbsolutePath());
    return new ObjectMapper().readTree(path.toFile());
  }

  public static double[] data(JsonNode array) {
    JsonNode data = array.isArray() ? array : array.path("data");
    double[] values = new double[data.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = data.get(i).asDouble();
    }
    return values;
  }

  /** float64. */
  static NDArray array(NDManager manager, JsonNode array) {
    double[] shape = data(array.path("shape"));
    long[] dimensions = new long[shape.length];
    for (int i = 0; i < shape.length; i++) {
      dimensions[i] = (long) shape[i];
    }
    return manager.create(data(array), new Shape(dimensions));
  }

  /** The labels of a target [B, ...], one array per sample. */
  static List<byte[]> labels(JsonNode array) {
    double[] values = data(array);
    int samples = array.path("shape").get(0).asInt();
    int voxels = values.length / samples;
    List<byte[]> labels = new ArrayList<>();
    for (int n = 0; n < samples; n++) {
      byte[] sample = new byte[voxels];
      for (int v = 0; v < voxels; v++) {
        sample[v] = (byte) values[n * voxels + v];
      }
      labels.add(sample);
    }
    return labels;
  }

  static void assertClose(double[] expected, double[] actual, double tolerance, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= tolerance * Math.max(1, Math.abs(expected[i])))) {
        fail(what + " at " + i + ": expected " + expected[i] + " but was " + actual[i]);
      }
    }
  }
}

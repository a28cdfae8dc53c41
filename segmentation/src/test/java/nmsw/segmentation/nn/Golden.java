package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the golden vectors of the specification, which lie beside the project. */
public final class Golden {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Golden() {}

  /** The root of a golden file; without the folder the test is skipped. */
  public static JsonNode read(String file) {
    Path path = Path.of(System.getProperty("nmsw.root"), "..", "shared", "golden", file);
    if (!Files.exists(path)) {
      path = Path.of(System.getProperty("nmsw.root"), "..", "..", "shared", "golden", file);
    }
    assumeTrue(Files.exists(path), "SKIPPED: golden vectors not found: " + path.toAbsolutePath());
    try {
      return JSON.readTree(path.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static double[] data(JsonNode array) {
    JsonNode data = array.isArray() ? array : array.path("data");
    double[] values = new double[data.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = data.get(i).asDouble();
    }
    return values;
  }

  public static float[] floats(JsonNode array) {
    double[] values = data(array);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  public static Shape shape(JsonNode array) {
    long[] shape = new long[array.path("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = array.path("shape").get(i).asLong();
    }
    return new Shape(shape);
  }

  public static Int3 triple(JsonNode array) {
    return new Int3(array.get(0).asInt(), array.get(1).asInt(), array.get(2).asInt());
  }

  /** A float64 array of {@code manager}. */
  static NDArray array(NDManager manager, JsonNode array) {
    return manager.create(data(array), shape(array));
  }

  public static void assertClose(JsonNode expected, double[] actual, double tolerance, String what) {
    assertClose(data(expected), actual, tolerance, what);
  }

  public static void assertClose(double[] expected, double[] actual, double tolerance, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - actual[i]) <= tolerance * Math.max(1, Math.abs(expected[i])))) {
        fail(what + " at " + i + ": expected " + expected[i] + " but was " + actual[i]);
      }
    }
  }
}

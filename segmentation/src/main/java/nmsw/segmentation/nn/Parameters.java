package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.Safetensors.Type;

/**
 * Named float32 arrays in a fixed order, attached to the manager they were made with. The arrays' own names
 * belong to the engine's calling convention; the parameters' names are those of the specs.
 */
public final class Parameters implements AutoCloseable {
  private final List<ParameterSpec> specs;
  private final List<NDArray> arrays;

  private Parameters(List<ParameterSpec> specs, List<NDArray> arrays) {
    this.specs = List.copyOf(specs);
    this.arrays = List.copyOf(arrays);
  }

  /** Initial values drawn from the specs' distributions; equal seeds give equal values on every machine. */
  public static Parameters initialise(NDManager manager, List<ParameterSpec> specs, long seed) {
    return of(manager, specs, initialValues(specs, seed));
  }

  /** The values of {@link #initialise} outside of the engine. */
  public static Map<String, Tensor> initialValues(List<ParameterSpec> specs, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (ParameterSpec spec : specs) {
      SplittableRandom own = random.split();
      float[] values = new float[Math.toIntExact(spec.size())];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            (float) (spec.init().centre() + spec.init().radius() * (2 * own.nextDouble() - 1));
      }
      tensors.put(spec.name(), new Tensor(spec.shape(), values));
    }
    return tensors;
  }

  /** Reads a safetensors file that holds exactly these parameters, each with its shape. */
  public static Parameters load(NDManager manager, List<ParameterSpec> specs, Path file)
      throws IOException {
    Map<String, Tensor> tensors = Safetensors.read(file);
    try {
      return of(manager, specs, tensors);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * @throws IllegalArgumentException if a parameter is missing, unknown, of another shape, or not finite
   */
  public static Parameters of(
      NDManager manager, List<ParameterSpec> specs, Map<String, Tensor> tensors) {
    check(specs, tensors);
    List<NDArray> arrays = new ArrayList<>();
    for (ParameterSpec spec : specs) {
      arrays.add(manager.create(tensors.get(spec.name()).values(), spec.shape()));
    }
    return new Parameters(specs, arrays);
  }

  /**
   * @throws IllegalArgumentException if a parameter is missing, unknown, of another shape, or not finite
   */
  public static void check(List<ParameterSpec> specs, Map<String, Tensor> tensors) {
    for (ParameterSpec spec : specs) {
      Tensor tensor = tensors.get(spec.name());
      if (tensor == null) {
        throw new IllegalArgumentException("parameter " + spec.name() + " is missing");
      }
      if (!tensor.shape().equals(spec.shape())) {
        throw new IllegalArgumentException(
            "parameter " + spec.name() + " has shape " + tensor.shape() + ", not " + spec.shape());
      }
      int at = tensor.firstNotFinite();
      if (at >= 0) {
        throw new IllegalArgumentException(
            "parameter " + spec.name() + " holds " + tensor.values()[at] + " at element " + at);
      }
    }
    if (tensors.size() != specs.size()) {
      List<String> unknown = new ArrayList<>(tensors.keySet());
      specs.forEach(spec -> unknown.remove(spec.name()));
      throw new IllegalArgumentException("parameter " + unknown.get(0) + " is not of this network");
    }
  }

  public List<ParameterSpec> specs() {
    return specs;
  }

  /** All arrays in the order of the specs. */
  public List<NDArray> arrays() {
    return arrays;
  }

  /** The arrays whose names start with {@code prefix}, in order. */
  public List<NDArray> under(String prefix) {
    List<NDArray> part = new ArrayList<>();
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().startsWith(prefix)) {
        part.add(arrays.get(i));
      }
    }
    return List.copyOf(part);
  }

  public NDArray get(String name) {
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().equals(name)) {
        return arrays.get(i);
      }
    }
    throw new IllegalArgumentException("no parameter named " + name);
  }

  /** Number of values in all arrays. */
  public long count() {
    return specs.stream().mapToLong(ParameterSpec::size).sum();
  }

  /** Present values, copied. */
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < specs.size(); i++) {
      tensors.put(
          specs.get(i).name(), new Tensor(specs.get(i).shape(), arrays.get(i).toFloatArray()));
    }
    return tensors;
  }

  public void save(Path file, Type type) throws IOException {
    Safetensors.write(file, tensors(), type);
  }

  @Override
  public void close() {
    arrays.forEach(NDArray::close);
  }
}

package nmsw.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import nmsw.segmentation.DeviceRequest;
import nmsw.training.dataset.Layout;

/**
 * What periodic retraining works on; read from YAML, unknown keys are refused. Relative paths start from the file's folder.
 *
 * @param studies folder of the labelled studies, as for {@code train import}
 * @param layout how they are laid out; left out for what fits
 * @param dataSet folder of the data set
 * @param key secret behind pseudonyms and split
 * @param mapping which class a local label means; left out where names and values are the label table's
 * @param fractions share of the patients for each part; left out for those of the data set
 * @param keepSplit whether a study is in the part that the source says
 * @param recipe of one run of fine-tuning; its label table is the data set's, its name the model's
 * @param models folder of the models, modelsDirectory of the node
 * @param work folder for state and runs
 * @param budget time a night may take before it leaves the rest to the next, such as 6h or 90m
 * @param minimumNewCases training cases that must be new before a run is begun
 * @param margin Dice that a class may lose
 * @param device that networks run on: cpu, cuda, cuda:N or auto; left out for cpu, which leaves a GPU to the node
 * @param threads of the engine on the CPU; 0 for one per core
 */
record NightlyConfig(
    Path studies,
    Layout layout,
    Path dataSet,
    Path key,
    Path mapping,
    List<Double> fractions,
    boolean keepSplit,
    Path recipe,
    Path models,
    Path work,
    String budget,
    Integer minimumNewCases,
    Double margin,
    String device,
    int threads) {
  private static final YAMLMapper YAML =
      YAMLMapper.builder().enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS).build();
  private static final double USUAL_MARGIN = 0.02;

  NightlyConfig {
    require("studies", studies);
    require("dataSet", dataSet);
    require("key", key);
    require("recipe", recipe);
    require("models", models);
    require("work", work);
    require("budget", budget);
    duration(budget);
    fractions = fractions == null ? List.of() : List.copyOf(fractions);
    minimumNewCases = minimumNewCases == null ? 1 : minimumNewCases;
    margin = margin == null ? USUAL_MARGIN : margin;
    device = device == null ? DeviceRequest.CPU.toString() : device;
    requireDevice(device);
    if (minimumNewCases < 1) {
      throw new IllegalArgumentException("minimumNewCases " + minimumNewCases + " is less than one");
    }
    if (threads < 0) {
      throw new IllegalArgumentException("threads " + threads + " is negative");
    }
  }

  private static void require(String key, Object value) {
    if (Objects.isNull(value)) {
      throw new IllegalArgumentException(key + " is missing");
    }
  }

  private static void requireDevice(String device) {
    try {
      DeviceRequest.parse(device);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("device " + e.getMessage(), e);
    }
  }

  private static Duration duration(String text) {
    try {
      Duration duration = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
      if (duration.isNegative() || duration.isZero()) {
        throw new IllegalArgumentException("budget " + text + " is no time at all");
      }
      return duration;
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("budget '" + text + "' is no duration such as 6h or 90m", e);
    }
  }

  /**
   * @throws IOException if the file is wrong; the message names it and the key
   */
  static NightlyConfig read(Path file) throws IOException {
    try {
      return YAML.readValue(file.toFile(), NightlyConfig.class).from(file);
    } catch (JsonMappingException e) {
      throw new IOException(file + ": " + e.getPathReference() + ": " + e.getOriginalMessage(), e);
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private NightlyConfig from(Path file) {
    return new NightlyConfig(
        file.resolveSibling(studies),
        layout,
        file.resolveSibling(dataSet),
        file.resolveSibling(key),
        mapping == null ? null : file.resolveSibling(mapping),
        fractions,
        keepSplit,
        file.resolveSibling(recipe),
        file.resolveSibling(models),
        file.resolveSibling(work),
        budget,
        minimumNewCases,
        margin,
        device,
        threads);
  }

  Duration time() {
    return duration(budget);
  }

  DeviceRequest deviceRequest() {
    return DeviceRequest.parse(device);
  }

  int engineThreads() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}

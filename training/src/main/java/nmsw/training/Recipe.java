package nmsw.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.Compat;
import nmsw.segmentation.Method;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.volume.Vec3;

/**
 * Everything that decides what a training run makes; read from YAML, unknown keys are refused.
 *
 * @param name of the model
 * @param version of the model
 * @param description what it is for, the first sentence of its card
 * @param trainedOn what the data are, where they come from and under which licence, for the card
 * @param labels file of the class table, relative to the recipe; absent for phantoms, which bring their own
 * @param labelValues label value in the data's files of class 1, 2, ...; absent where they are the label table's
 *     own, and for phantoms
 * @param spacing of the model's grid, mm along x, y, z
 * @param window HU that become 0 and 1
 * @param global network of the whole volume, as in a model's manifest
 * @param local network of patches
 * @param patch edge of a patch, voxels
 * @param rate down-sampling of the global input
 * @param topK picked patches per step
 * @param randomPatches random patches per step
 * @param defaultK patches at inference
 * @param iterations updates of the weights in the whole run
 * @param peakRate highest learning rate
 * @param warmUp share of the run that warms up
 * @param ignoreAbsent leave classes that a target does not hold out of its Dice loss
 * @param validateEvery iterations between validations
 * @param validationCases how many validation cases each validation takes
 * @param data {@code phantom}, or a folder
 * @param phantoms seeds, for phantom data
 * @param method what is trained: NMSW-Net, which is also meant where it is left out, or a baseline (NMSW §12)
 * @param sampler how the importance of patches is learned; {@code gumbel} where it is left out
 * @param accumulate samples per iteration, over which gradients are averaged; 1 where it is left out
 * @param precision of the backbones in training; {@code f32} where it is left out
 * @param recompute what of the local network's activations is computed again on the way back rather than held; {@code
 *     nothing} where it is left out
 * @param fixedSize voxels along x, y, z to which every volume is padded or, about its centre, cropped; left out for as many
 *     as the body needs
 * @param from the model to fine-tune; left out to begin with drawn weights
 */
record Recipe(
    String name,
    String version,
    String description,
    String trainedOn,
    String labels,
    List<Integer> labelValues,
    List<Double> spacing,
    List<Double> window,
    Architecture global,
    Architecture local,
    int patch,
    double overlap,
    int rate,
    int topK,
    int randomPatches,
    int defaultK,
    String gradient,
    int iterations,
    double peakRate,
    double warmUp,
    double weightDecay,
    double clipNorm,
    boolean ignoreAbsent,
    Augmentation augmentation,
    long seed,
    int validateEvery,
    int validationCases,
    String data,
    Phantoms phantoms,
    Method method,
    Sampler sampler,
    Integer accumulate,
    TrainingPrecision precision,
    Recomputation recompute,
    List<Integer> fixedSize,
    FineTuning from) {
  /** A manifest must describe a global network, of which the sliding window has none: this one is never run. */
  private static final Architecture NO_GLOBAL = new Architecture.UNet(List.of(1, 1, 1));

  /**
   * Seeds of phantoms: {@code first .. first + count - 1}; those held out are never trained on.
   *
   * @param measuredOn mm along x, y, z of the voxels on which models are measured; left out for those of a fine CT
   */
  record Phantoms(
      long first, int count, long heldOutFirst, int heldOutCount, List<Double> measuredOn) {
    Phantoms {
      measuredOn = measuredOn == null ? List.of(1.5, 1.5, 2.5) : measuredOn;
      requireCount("measuredOn", measuredOn, 3);
      if (first < heldOutFirst + heldOutCount && heldOutFirst < first + count) {
        throw new IllegalArgumentException("phantoms that are held out would be trained on");
      }
    }
  }

  Recipe {
    requireCount("spacing", spacing, 3);
    requireCount("window", window, 2);
    method = method == null ? Method.NMSW : method;
    sampler = sampler == null ? Sampler.GUMBEL : sampler;
    accumulate = accumulate == null ? 1 : accumulate;
    precision = precision == null ? TrainingPrecision.F32 : precision;
    recompute = recompute == null ? Recomputation.NOTHING : recompute;
    if (recompute == Recomputation.BLOCKS && precision != TrainingPrecision.F32) {
      throw new IllegalArgumentException("recompute: blocks is for precision: f32 alone; take patches");
    }
    if (accumulate < 1) {
      throw new IllegalArgumentException("accumulate " + accumulate + " is less than one sample");
    }
    if (sampler != Sampler.GUMBEL && method != Method.NMSW) {
      throw new IllegalArgumentException("method " + method + " learns no importance of patches: no sampler");
    }
    if (augmentation == null) {
      throw new IllegalArgumentException("augmentation is missing; {} is none");
    }
    if (fixedSize != null && (fixedSize.size() != 3 || fixedSize.contains(null))) {
      throw new IllegalArgumentException("fixedSize must list 3 numbers");
    }
    if (method == Method.SW) {
      global = NO_GLOBAL;
    }
  }

  private static void requireCount(String key, List<Double> values, int count) {
    if (values == null || values.size() != count || values.stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException(key + " must list " + count + " numbers");
    }
  }

  /**
   * @throws IOException if the recipe is wrong or what it describes is no model; a run would find the latter
   *     out when it is over
   */
  static Recipe read(Path file) throws IOException {
    try {
      Recipe recipe = new ObjectMapper(new YAMLFactory()).readValue(file.toFile(), Recipe.class);
      recipe.modelDescription();
      recipe.learningRates(recipe.net(2).parameters());
      return recipe;
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    } catch (JsonMappingException e) {
      throw new IOException(file + ": " + e.getPathReference() + ": " + e.getOriginalMessage(), e);
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  ModelDescription modelDescription() {
    return new ModelDescription(
        name,
        version,
        global,
        local,
        spacingVector(),
        window.get(0),
        window.get(1),
        Int3.cube(patch),
        overlap,
        Int3.cube(rate),
        defaultK,
        method == Method.NMSW ? Aggregation.NORMALISED_CW : Aggregation.REPLACE,
        new Compat(
            Compat.NONE.downsampling(),
            Compat.NONE.cellSampling(),
            Compat.NONE.backgroundCells(),
            fixed()),
        method);
  }

  private Optional<Int3> fixed() {
    return Optional.ofNullable(fixedSize)
        .map(size -> new Int3(size.get(0), size.get(1), size.get(2)));
  }

  Vec3 spacingVector() {
    return new Vec3(spacing.get(0), spacing.get(1), spacing.get(2));
  }

  /**
   * @param classes with the background
   */
  NmswNet net(int classes) {
    return modelDescription().net(classes);
  }

  /** How fast each parameter learns: what the method or the recipe freezes, not at all. */
  LearningRates learningRates(List<ParameterSpec> specs) {
    List<String> frozen =
        new ArrayList<>(
            switch (method) {
              case NMSW -> List.of();
              case RF -> List.of(NmswNet.HEAD, NmswNet.CLASS_WEIGHT);
              case SW -> List.of(NmswNet.GLOBAL, NmswNet.HEAD, NmswNet.CLASS_WEIGHT);
            });
    Map<String, Double> rates = Map.of();
    if (from != null) {
      frozen.addAll(from.freeze());
      rates = from.rates();
    }
    LearningRates result = LearningRates.of(specs, frozen, rates);
    if (result.factors().stream().allMatch(factor -> factor == 0)) {
      throw new IllegalArgumentException("freeze: nothing is left to learn");
    }
    return result;
  }

  /** The recipe with another model to fine-tune. */
  Recipe withBundle(String bundle) {
    return with(version, from == null ? new FineTuning(bundle, null, null) : from.withBundle(bundle));
  }

  /** The recipe of another version. */
  Recipe withVersion(String other) {
    return with(other, from);
  }

  private Recipe with(String otherVersion, FineTuning otherFrom) {
    return new Recipe(
        name, otherVersion, description, trainedOn, labels, labelValues, spacing, window, global, local,
        patch, overlap, rate, topK, randomPatches, defaultK, gradient, iterations, peakRate, warmUp,
        weightDecay, clipNorm, ignoreAbsent, augmentation, seed, validateEvery, validationCases, data,
        phantoms, method, sampler, accumulate, precision, recompute, fixedSize, otherFrom);
  }

  SampleMaker sampleMaker() {
    int multiple = rate * global.divisor();
    return new SampleMaker(
        window.get(0), window.get(1), patch, multiple, fixed().orElse(null), augmentation);
  }
}

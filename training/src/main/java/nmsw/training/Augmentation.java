package nmsw.training;

import java.util.List;

/**
 * How much samples are varied: the ten augmentations of NMSW §9 with their probabilities, and a cut of ours. What is left out
 * is off. No flips: labels know left from right.
 *
 * @param box most voxels along x, y, z of a sample; larger cases are cut, with probability 0.9, to a box around a voxel of a
 *     class drawn among those present, each as likely, so that small organs are seen as often as large ones
 * @param shift 1: largest shift of intensity, window units; probability 0.2
 * @param translation 2: largest shift per axis, voxels; always
 * @param affine 3: probability 0.3
 * @param noise 4: largest standard deviation of added Gaussian noise, window units; probability 0.1
 * @param smoothing 5: least and largest sigma of a Gaussian filter, voxels, drawn per axis; probability 0.2
 * @param contrast 6: largest relative change of intensity; probability 0.15
 * @param lowResolution 7: smallest factor of the resolution that is simulated, in (0, 1]; probability 0.25
 * @param invertedGamma 8: least and largest exponent, of the inverted image; probability 0.1
 * @param gamma 9: least and largest exponent; probability 0.3
 * @param distortion 10: largest relative change of the width of each of five cells per axis; probability 0.3
 */
record Augmentation(
    List<Integer> box,
    double shift,
    double translation,
    Affine affine,
    double noise,
    List<Double> smoothing,
    double contrast,
    Double lowResolution,
    List<Double> invertedGamma,
    List<Double> gamma,
    double distortion) {

  /**
   * About the middle of the case.
   *
   * @param rotation largest angle about each axis, radians
   * @param scale largest relative change of size along x, y, z
   * @param translation largest shift along x, y, z, voxels
   */
  record Affine(double rotation, List<Double> scale, List<Double> translation) {
    Affine {
      require(rotation >= 0 && rotation <= Math.PI, "affine.rotation", rotation);
      scale = triple("affine.scale", scale);
      translation = triple("affine.translation", translation);
      require(scale.stream().allMatch(s -> s < 1), "affine.scale", scale);
    }

    private static List<Double> triple(String key, List<Double> values) {
      if (values == null) {
        return List.of(0.0, 0.0, 0.0);
      }
      require(
          values.size() == 3 && values.stream().allMatch(v -> v != null && v >= 0), key, values);
      return List.copyOf(values);
    }
  }

  Augmentation {
    require(
        box == null || box.size() == 3 && box.stream().allMatch(extent -> extent >= 1), "box", box);
    require(shift >= 0, "shift", shift);
    require(translation >= 0, "translation", translation);
    require(noise >= 0, "noise", noise);
    require(contrast >= 0 && contrast < 1, "contrast", contrast);
    require(distortion >= 0 && distortion < 1, "distortion", distortion);
    affine = affine == null ? new Affine(0, null, null) : affine;
    smoothing = range("smoothing", smoothing, 0);
    invertedGamma = range("invertedGamma", invertedGamma, 1);
    gamma = range("gamma", gamma, 1);
    lowResolution = lowResolution == null ? 1 : lowResolution;
    require(lowResolution > 0 && lowResolution <= 1, "lowResolution", lowResolution);
  }

  private static List<Double> range(String key, List<Double> values, double none) {
    if (values == null) {
      return List.of(none, none);
    }
    require(
        values.size() == 2 && values.stream().allMatch(v -> v != null && v >= 0)
            && values.get(0) <= values.get(1),
        key,
        values);
    return List.copyOf(values);
  }

  private static void require(boolean condition, String key, Object value) {
    if (!condition) {
      throw new IllegalArgumentException("augmentation: " + key + " " + value + " is out of range");
    }
  }

  static Augmentation none() {
    return new Augmentation(null, 0, 0, null, 0, null, 0, null, null, null, 0);
  }
}

package nmsw.segmentation;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The patch selection that an operator asks for; what is left open is the model's.
 *
 * @param k patches, at most in the case of {@link Kind#MARGINAL_GAIN}; empty takes the model's own, or four
 *     times that for marginal gain. Of no use to the windows
 * @param seed of the random selection
 */
public record SelectionRequest(Kind kind, Optional<Integer> k, long seed) {
  /** Marginal gain ends by itself; this only bounds it. */
  private static final int GAIN_FACTOR = 4;

  /** The selections there are, by the names of {@link PatchSelection#name()}. */
  public enum Kind {
    TOP_K("top-k"),
    SLIDING_WINDOW("sliding-window"),
    RANDOM_FOREGROUND("random-foreground"),
    FOREGROUND_WINDOW("foreground-window"),
    MARGINAL_GAIN("marginal-gain");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    /**
     * @throws IllegalArgumentException if there is none of this name; the message lists all
     */
    public static Kind parse(String name) {
      return Arrays.stream(values())
          .filter(kind -> kind.text.equals(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "'" + name + "' is no selection; there are "
                          + Arrays.stream(values()).map(Kind::toString).collect(Collectors.joining(", "))));
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** What the model was trained for, with its own number of patches. */
  public static PatchSelection own(ModelDescription model) {
    return new SelectionRequest(model.method().own(), Optional.empty(), 0).of(model);
  }

  /**
   * The selection for a model.
   *
   * @throws IllegalArgumentException if the model did not learn what the selection asks of it
   */
  public PatchSelection of(ModelDescription model) {
    if (!model.method().allows(kind)) {
      throw new IllegalArgumentException(
          "model %s %s is a baseline, trained for %s; it can not choose patches by %s"
              .formatted(model.name(), model.version(), model.method().own(), kind));
    }
    int patches = k.orElse(model.patches());
    return switch (kind) {
      case TOP_K -> new PatchSelection.TopK(patches);
      case SLIDING_WINDOW -> new PatchSelection.SlidingWindow();
      case RANDOM_FOREGROUND -> new PatchSelection.RandomForeground(patches, seed);
      case FOREGROUND_WINDOW -> new PatchSelection.ForegroundWindow();
      case MARGINAL_GAIN -> new PatchSelection.MarginalGain(k.orElse(GAIN_FACTOR * model.patches()));
    };
  }
}

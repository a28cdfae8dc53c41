package nmsw.training.dataset;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What the cases of a data set are for; all cases of a patient are in one part. */
public enum Part {
  TRAIN,
  /** Chooses among the weights of a run. */
  VALIDATION,
  /** Measures what was chosen; never read by training. */
  TEST;

  /** As the column {@code split} says it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Part> of(String text) {
    return Arrays.stream(values()).filter(part -> part.text().equals(text)).findFirst();
  }
}

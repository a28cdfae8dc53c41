package nmsw.scp.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The objects that a result may consist of, in the order in which they are sent. */
public enum ResultKind {
  /** The Segmentation. */
  SEG,
  /** The measurement report. */
  SR,
  /** A picture, as Secondary Capture. */
  PREVIEW;

  /** As the configuration writes it: {@code seg}, {@code sr} or {@code preview}. */
  public static ResultKind parse(String text) {
    return Arrays.stream(values())
        .filter(kind -> kind.toString().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'" + text + "' is not one of "
                        + Arrays.stream(values()).map(ResultKind::toString).collect(Collectors.joining(", "))));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package nmsw.segmentation.checkpoint;

import java.io.IOException;

/** A file that is not imported; the message names the file, what is wrong in it, and what to do. */
public final class ImportRefusal extends IOException {
  private static final int MAX_SHOWN = 160;

  public ImportRefusal(String message) {
    super(message);
  }

  public ImportRefusal(String message, Throwable cause) {
    super(message, cause);
  }

  /** Names among the arguments come from foreign files and are made fit to be shown. */
  static ImportRefusal of(String format, Object... arguments) {
    Object[] shown = arguments.clone();
    for (int i = 0; i < shown.length; i++) {
      shown[i] = shown[i] instanceof String name ? shown(name) : shown[i];
    }
    return new ImportRefusal(format.formatted(shown));
  }

  /** A name from a foreign file as it may stand in a message: one line, no control characters, not long. */
  static String shown(String name) {
    String line = name.replaceAll("[^\\x20-\\x7e]", "?");
    return line.length() <= MAX_SHOWN ? line : line.substring(0, MAX_SHOWN) + "...";
  }
}

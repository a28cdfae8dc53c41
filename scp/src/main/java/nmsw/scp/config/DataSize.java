package nmsw.scp.config;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes, written in configuration as {@code 512}, {@code 64KiB}, {@code 1.5GiB} (binary units
 * only).
 */
public record DataSize(long bytes) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,6})?)\\s*([A-Za-z]*)");
  private static final Map<String, Integer> SHIFT =
      Map.of("", 0, "b", 0, "kib", 10, "mib", 20, "gib", 30, "tib", 40);

  public DataSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("a size cannot be negative: " + bytes);
    }
  }

  /** Throws IllegalArgumentException, saying the accepted forms, for anything else. */
  public static DataSize parse(String text) {
    Matcher matcher = FORM.matcher(text.trim());
    Integer shift = matcher.matches() ? SHIFT.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    if (shift == null) {
      throw new IllegalArgumentException("'" + text + "' is not a size; write 512, 64KiB, 16MiB or 2GiB");
    }
    double bytes = Double.parseDouble(matcher.group(1)) * (1L << shift);
    if (bytes > Long.MAX_VALUE / 2.0) {
      throw new IllegalArgumentException("'" + text + "' is too large");
    }
    return new DataSize(Math.round(bytes));
  }

  @Override
  public String toString() {
    for (String unit : new String[] {"TiB", "GiB", "MiB", "KiB"}) {
      long factor = 1L << SHIFT.get(unit.toLowerCase(Locale.ROOT));
      if (bytes >= factor) {
        return String.format(Locale.ROOT, "%.1f %s", (double) bytes / factor, unit);
      }
    }
    return bytes + " bytes";
  }
}

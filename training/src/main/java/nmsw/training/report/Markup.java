package nmsw.training.report;

import java.awt.Color;
import java.util.List;
import java.util.Locale;
import nmsw.volume.LabelClass;

/** Text and colours as they may stand in a page. */
final class Markup {
  private static final List<String> DASHES = List.of("none", "7 3", "2 3", "9 3 2 3");

  private Markup() {}

  /** Any text, as content or as a quoted attribute. */
  static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.append(c < ' ' && c != '\n' && c != '\t' ? '\uFFFD' : c);
      }
    }
    return escaped.toString();
  }

  /** A colour of the hue that the class has in the pictures, as light as the page's scheme needs for lines. */
  static String colour(LabelClass of) {
    float[] hsb = Color.RGBtoHSB(of.rgb() >> 16 & 0xFF, of.rgb() >> 8 & 0xFF, of.rgb() & 0xFF, null);
    return String.format(Locale.ROOT, "hsl(%.0f %.0f%% var(--line))", 360 * hsb[0], 25 + 50 * hsb[1]);
  }

  /** One of a few hues far apart. */
  static String colour(int index) {
    return String.format(Locale.ROOT, "hsl(%d 65%% var(--line))", List.of(210, 25, 145, 320, 55, 270).get(index % 6));
  }

  /** The pattern of a line, so that neighbours differ in more than colour. */
  static String dashes(int index) {
    return DASHES.get(index % DASHES.size());
  }

  /** A number for people: about three digits; a dash where there is none. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    double size = Math.abs(value);
    if (value == Math.rint(value) && size < 1e6) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (size < 0.001 || size >= 1e6) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    return String.format(Locale.ROOT, size < 10 ? "%.3f" : "%.1f", value);
  }
}

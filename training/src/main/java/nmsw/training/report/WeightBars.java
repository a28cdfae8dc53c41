package nmsw.training.report;

import java.util.List;
import java.util.Locale;

/** How a value between 0 and 1 of each class changes over the validations: per class a small chart of bars (the paper's Fig. 7). */
final class WeightBars {
  private static final int MOST_BARS = 20;
  private static final int WIDTH = 170;
  private static final int HEIGHT = 62;
  private static final int LEFT = 20;
  private static final int TOP = 5;
  private static final int BOTTOM = 12;

  private WeightBars() {}

  /** The charts of the curves, of which at most 20 values each are shown. */
  static String html(List<Curve> curves) {
    StringBuilder out = new StringBuilder("<ul class=\"bars\">\n");
    for (Curve curve : curves) {
      out.append("<li>%s <b>%s</b>\n".formatted(Markup.escape(curve.name()), Markup.number(curve.last())));
      out.append(
          "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\"><g class=\"axis\">"
              .formatted(WIDTH, HEIGHT, Markup.escape(curve.name() + ": last " + Markup.number(curve.last()))));
      for (double value : new double[] {0, 0.5, 1}) {
        out.append(
            String.format(
                Locale.ROOT,
                "<path d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
                LEFT, row(value), WIDTH, LEFT - 3, row(value) + 3, value == 0.5 ? ".5" : value == 0 ? "0" : "1"));
      }
      int[] shown = Thinning.evenly(curve.x().length, MOST_BARS);
      double width = (double) (WIDTH - LEFT) / Math.max(shown.length, 6);
      if (shown.length > 0) {
        out.append(
            "<text x=\"%d\" y=\"%d\">%.0f</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.0f</text>"
                .formatted(
                    LEFT, HEIGHT - 1, curve.x()[shown[0]],
                    WIDTH, HEIGHT - 1, curve.x()[shown[shown.length - 1]]));
      }
      out.append("</g>\n");
      for (int i = 0; i < shown.length; i++) {
        if (Double.isNaN(curve.y()[shown[i]])) {
          continue;
        }
        double value = Math.max(0, Math.min(1, curve.y()[shown[i]]));
        out.append(
            String.format(
                Locale.ROOT,
                "<rect style=\"fill:%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>iteration %.0f: %.3f</title></rect>%n",
                curve.colour(), LEFT + i * width + 1, row(value), width - 1.5, row(0) - row(value),
                curve.x()[shown[i]], curve.y()[shown[i]]));
      }
      out.append("</svg></li>\n");
    }
    return out.append("</ul>\n").toString();
  }

  private static double row(double value) {
    return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM);
  }
}

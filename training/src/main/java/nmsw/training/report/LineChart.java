package nmsw.training.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * Curves over the iterations as inline SVG with axes, units and a legend. Of points that fall on one
 * place the mean is drawn; a faint band runs from the lowest to the highest of those near each other.
 *
 * @param title what is shown
 * @param unit of the values, for the axis
 * @param logarithmic whether the axis of values is logarithmic, base 10; values of 0 and below are left out then
 */
record LineChart(String title, String unit, boolean logarithmic) {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 250;
  private static final int LEFT = 74;
  private static final int RIGHT = 12;
  private static final int TOP = 10;
  private static final int BOTTOM = 42;
  private static final int PLACES = 320;
  private static final int BAND_PLACES = 80;
  private static final int POINTS_WITH_MARKS = 40;
  private static final int MOST_TICKS = 5;

  /** Bounds of both axes, values already in logarithms where the axis is logarithmic. */
  private record Frame(double x0, double x1, double y0, double y1) {
    double column(double x) {
      return LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT);
    }

    double row(double y) {
      return HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM);
    }
  }

  /**
   * @param curves as they were measured
   * @param halfLife iterations after which a value counts half in what is drawn; 0 to draw the values themselves
   */
  String svg(List<Curve> curves, double halfLife) {
    List<Curve> drawn = halfLife > 0 ? curves.stream().map(c -> c.smoothed(halfLife)).toList() : curves;
    StringBuilder out = new StringBuilder();
    out.append("<figure>\n<figcaption>").append(Markup.escape(title)).append("</figcaption>\n");
    if (curves.stream().flatMapToDouble(this::values).findAny().isEmpty()) {
      return out.append("<p>No values yet.</p>\n</figure>\n").toString();
    }
    Frame frame = frame(curves, drawn);
    out.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n"
            .formatted(WIDTH, HEIGHT, Markup.escape(description(drawn))));
    axes(out, frame);
    for (Curve curve : curves) {
      band(out, frame, curve);
    }
    for (Curve curve : drawn) {
      line(out, frame, curve);
    }
    out.append("</svg>\n");
    int decimals = decimals(step(frame.y1() - frame.y0(), MOST_TICKS)) + 2;
    legend(out, drawn, decimals);
    return out.append("</figure>\n").toString();
  }

  private String description(List<Curve> curves) {
    StringBuilder text = new StringBuilder(title + ", last values:");
    curves.forEach(c -> text.append(' ').append(c.name()).append(' ').append(Markup.number(c.last())).append(';'));
    return text.toString();
  }

  private double scaled(double y) {
    if (logarithmic) {
      return y > 0 ? Math.log10(y) : Double.NaN;
    }
    return y;
  }

  private DoubleStream values(Curve curve) {
    return DoubleStream.of(curve.y()).map(this::scaled).filter(Double::isFinite);
  }

  /** The outermost per mille of the measured values is left out: one outlier shall not flatten the rest. */
  private Frame frame(List<Curve> measured, List<Curve> drawn) {
    double x1 = drawn.stream().flatMapToDouble(c -> DoubleStream.of(c.x())).max().orElseThrow();
    double[] sorted = measured.stream().flatMapToDouble(this::values).sorted().toArray();
    int cut = sorted.length / 1000;
    double y0 = Math.min(sorted[cut], drawn.stream().flatMapToDouble(this::values).min().orElseThrow());
    double y1 =
        Math.max(
            sorted[sorted.length - 1 - cut], drawn.stream().flatMapToDouble(this::values).max().orElseThrow());
    if (!logarithmic && y0 > 0 && y0 < 0.5 * y1) {
      y0 = 0;
    }
    double margin = y1 > y0 ? 0.04 * (y1 - y0) : Math.max(0.5 * Math.abs(y0), 1e-9);
    return new Frame(0, Math.max(x1, 1), y0 == 0 ? 0 : y0 - margin, y1 + margin);
  }

  private void axes(StringBuilder out, Frame frame) {
    out.append("<g class=\"axis\">\n");
    for (double tick : logarithmic ? logarithmicTicks(frame) : ticks(frame)) {
      double row = frame.row(tick);
      String text = text(frame, tick);
      out.append(
          String.format(
              Locale.ROOT,
              "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
              LEFT, row, WIDTH - RIGHT, LEFT - 6, row + 4, text));
    }
    double stepX = Math.max(1, step(frame.x1() - frame.x0(), 8));
    for (double x = 0; x <= frame.x1(); x += stepX) {
      out.append(
          String.format(
              Locale.ROOT,
              "<path d=\"M%.1f %dv4\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
              frame.column(x), HEIGHT - BOTTOM, frame.column(x), HEIGHT - BOTTOM + 17, Markup.number(x)));
    }
    out.append(
        "<path d=\"M%d %dV%dH%d\"/>\n".formatted(LEFT, TOP, HEIGHT - BOTTOM, WIDTH - RIGHT));
    out.append(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">iteration</text>\n"
            .formatted((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6));
    out.append(
        "<text transform=\"translate(12 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>\n"
            .formatted((TOP + HEIGHT - BOTTOM) / 2, Markup.escape(logarithmic ? unit + ", log scale" : unit)));
    out.append("</g>\n");
  }

  private static double[] ticks(Frame frame) {
    double step = step(frame.y1() - frame.y0(), MOST_TICKS);
    long first = (long) Math.ceil(frame.y0() / step);
    long last = (long) Math.floor(frame.y1() / step);
    return LongStream.rangeClosed(first, last).mapToDouble(n -> n * step).toArray();
  }

  /** A tick's value with as many decimals as tell it from its neighbours. */
  private String text(Frame frame, double tick) {
    double value = logarithmic ? Math.pow(10, tick) : tick;
    double step = logarithmic ? value : step(frame.y1() - frame.y0(), MOST_TICKS);
    return decimal(value, decimals(step));
  }

  /** Of a step of one leading digit. */
  private static int decimals(double step) {
    return Math.max(0, (int) -Math.floor(Math.log10(step) + 1e-9));
  }

  private static String decimal(double value, int decimals) {
    return String.format(Locale.ROOT, decimals > 6 ? "%.2e" : "%." + decimals + "f", value);
  }

  /** Powers of ten, and between few of them their double and fivefold. */
  private static double[] logarithmicTicks(Frame frame) {
    double[] leads = frame.y1() - frame.y0() < 3 ? new double[] {1, 2, 5} : new double[] {1};
    return LongStream.rangeClosed((long) Math.floor(frame.y0()), (long) Math.floor(frame.y1()))
        .boxed()
        .flatMapToDouble(power -> DoubleStream.of(leads).map(lead -> power + Math.log10(lead)))
        .filter(tick -> tick >= frame.y0() && tick <= frame.y1())
        .toArray();
  }

  /** One, two or five times a power of ten, so that about so many steps fill the range. */
  private static double step(double range, int count) {
    double rough = range / count;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double lead = rough / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
  }

  private static int place(Frame frame, double x, int places) {
    return (int) Math.min(places - 1, (x - frame.x0()) / (frame.x1() - frame.x0()) * places);
  }

  private void band(StringBuilder out, Frame frame, Curve curve) {
    if (curve.x().length < 2) {
      return;
    }
    double[] low = new double[BAND_PLACES];
    double[] high = new double[BAND_PLACES];
    Arrays.fill(low, Double.POSITIVE_INFINITY);
    Arrays.fill(high, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < curve.x().length; i++) {
      double y = scaled(curve.y()[i]);
      if (Double.isFinite(y)) {
        int place = place(frame, curve.x()[i], BAND_PLACES);
        low[place] = Math.min(low[place], y);
        high[place] = Math.max(high[place], y);
      }
    }
    StringBuilder there = new StringBuilder();
    StringBuilder back = new StringBuilder();
    double width = (frame.x1() - frame.x0()) / BAND_PLACES;
    for (int place = 0; place < BAND_PLACES; place++) {
      if (low[place] <= high[place]) {
        double column = frame.column(frame.x0() + (place + 0.5) * width);
        there.append(point(column, clamp(frame, high[place])));
        back.insert(0, point(column, clamp(frame, low[place])));
      }
    }
    out.append("<polygon class=\"band\" style=\"fill:%s\" points=\"%s\"/>\n".formatted(curve.colour(), there.append(back)));
  }

  private static double clamp(Frame frame, double y) {
    return Math.max(TOP, Math.min(HEIGHT - BOTTOM, frame.row(y)));
  }

  private static String point(double column, double row) {
    return String.format(Locale.ROOT, "%.1f,%.1f ", column, row);
  }

  private void line(StringBuilder out, Frame frame, Curve curve) {
    double[] sum = new double[PLACES];
    double[] at = new double[PLACES];
    int[] count = new int[PLACES];
    int points = 0;
    for (int i = 0; i < curve.x().length; i++) {
      double y = scaled(curve.y()[i]);
      if (Double.isFinite(y)) {
        int place = place(frame, curve.x()[i], PLACES);
        sum[place] += y;
        at[place] += curve.x()[i];
        points += count[place]++ == 0 ? 1 : 0;
      }
    }
    StringBuilder line = new StringBuilder();
    StringBuilder marks = new StringBuilder();
    for (int place = 0; place < PLACES; place++) {
      if (count[place] > 0) {
        double column = frame.column(at[place] / count[place]);
        double row = clamp(frame, sum[place] / count[place]);
        line.append(point(column, row));
        marks.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>", column, row));
      }
    }
    out.append(
        "<g style=\"stroke:%1$s;fill:%1$s\"><title>%2$s</title><polyline class=\"line\" stroke-dasharray=\"%3$s\" points=\"%4$s\"/>%5$s</g>\n"
            .formatted(
                curve.colour(),
                Markup.escape(curve.name()),
                curve.dashes(),
                line.toString().strip(),
                points <= POINTS_WITH_MARKS ? marks : ""));
  }

  private void legend(StringBuilder out, List<Curve> curves, int decimals) {
    out.append("<ul class=\"legend\">\n");
    for (Curve curve : curves) {
      out.append(
          "<li><svg viewBox=\"0 0 30 8\" class=\"key\" aria-hidden=\"true\"><path style=\"stroke:%s\" stroke-dasharray=\"%s\" d=\"M0 4H30\"/></svg>%s <b>%s</b></li>\n"
              .formatted(
                  curve.colour(),
                  curve.dashes(),
                  Markup.escape(curve.name()),
                  Double.isNaN(curve.last()) || logarithmic
                      ? Markup.number(curve.last())
                      : decimal(curve.last(), decimals)));
    }
    out.append("</ul>\n");
  }
}

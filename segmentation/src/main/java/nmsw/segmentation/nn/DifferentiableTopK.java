package nmsw.segmentation.nn;

import java.util.random.RandomGenerator;

/**
 * K picks without replacement out of N cells, with a gradient back to the cells' logits (NMSW §5, eq. 1-4).
 *
 * <p>One draw of Gumbel noise serves all K picks: pick k is the arg max of {@code logits + noise + penalty}, after which the
 * winner's penalty is set. The soft selection {@code y_k = softmax((logits + noise + penalty) / tau)} scales the chosen
 * patch during training, {@code x_k = y_k[n_k] patch(n_k)}, and that is where the gradient comes from. Plain arithmetic in
 * double precision; N is a few hundred at most.
 */
public final class DifferentiableTopK {

  /** How the gradient goes through the hard choice. */
  public enum Gradient {
    /** The one-hot choice is a constant: only the chosen cell's patch is asked. */
    PAPER,
    /** Straight-through under the product, as in the public code: every cell's patch is asked. */
    ST
  }

  /**
   * @param picks chosen cells in the order of choice
   * @param soft per pick the soft selection over all cells
   */
  public record Selection(int[] picks, double[][] soft) {
    /** The factor of pick k's patch: its own soft selection. */
    public double scale(int k) {
      return soft[k][picks[k]];
    }
  }

  private final double tau;
  private final double penalty;
  private final Gradient gradient;

  /** Picked cells can not be picked again. */
  public DifferentiableTopK(double tau, Gradient gradient) {
    this(tau, gradient, Double.NEGATIVE_INFINITY);
  }

  /**
   * @param tau temperature of the soft selection, positive
   * @param penalty added to the winner's logit after each pick
   */
  DifferentiableTopK(double tau, Gradient gradient, double penalty) {
    if (!(tau > 0)) {
      throw new IllegalArgumentException("temperature " + tau + " is not positive");
    }
    this.tau = tau;
    this.gradient = gradient;
    this.penalty = penalty;
  }

  /** Standard Gumbel noise for N cells. */
  public static double[] gumbel(int cells, RandomGenerator random) {
    double[] noise = new double[cells];
    for (int n = 0; n < cells; n++) {
      noise[n] = -Math.log(-Math.log(random.nextDouble() + 1e-20) + 1e-20);
    }
    return noise;
  }

  /**
   * @param logits masked objectness, one per cell
   * @param noise added to the logits, fixed for all picks
   * @param k number of picks; at most N are made
   */
  public Selection select(double[] logits, double[] noise, int k) {
    int cells = logits.length;
    double[] keys = new double[cells];
    for (int n = 0; n < cells; n++) {
      keys[n] = logits[n] + noise[n];
    }
    int count = Math.min(k, cells);
    int[] picks = new int[count];
    double[][] soft = new double[count][];
    for (int pick = 0; pick < count; pick++) {
      picks[pick] = argMax(keys);
      soft[pick] = softmax(keys, tau);
      keys[picks[pick]] += penalty;
    }
    return new Selection(picks, soft);
  }

  /** Whether {@link #gradient} reads the products of cells that were not picked. */
  public boolean needsAllCells() {
    return gradient == Gradient.ST;
  }

  /**
   * Gradient of the loss with respect to the logits.
   *
   * @param products {@code products[k][n]} = sum over the patch of dL/dx_k times patch(n); with {@link Gradient#PAPER} only
   *     {@code products[k][picks[k]]} is read
   */
  public double[] gradient(Selection selection, double[][] products) {
    int cells = selection.soft()[0].length;
    double[] result = new double[cells];
    for (int k = 0; k < selection.picks().length; k++) {
      int pick = selection.picks()[k];
      double[] soft = selection.soft()[k];
      double[] upstream = new double[cells];
      if (gradient == Gradient.PAPER) {
        upstream[pick] = products[k][pick];
      } else {
        for (int n = 0; n < cells; n++) {
          upstream[n] = (soft[n] + (n == pick ? 1 : 0)) * products[k][n];
        }
      }
      double mean = 0;
      for (int n = 0; n < cells; n++) {
        mean += upstream[n] * soft[n];
      }
      for (int n = 0; n < cells; n++) {
        result[n] += soft[n] * (upstream[n] - mean) / tau;
      }
    }
    return result;
  }

  private static int argMax(double[] keys) {
    int best = 0;
    for (int n = 1; n < keys.length; n++) {
      if (keys[n] > keys[best]) {
        best = n;
      }
    }
    return best;
  }

  private static double[] softmax(double[] keys, double tau) {
    double max = keys[argMax(keys)];
    double[] soft = new double[keys.length];
    double sum = 0;
    for (int n = 0; n < keys.length; n++) {
      soft[n] = Math.exp((keys[n] - max) / tau);
      sum += soft[n];
    }
    for (int n = 0; n < keys.length; n++) {
      soft[n] /= sum;
    }
    return soft;
  }
}

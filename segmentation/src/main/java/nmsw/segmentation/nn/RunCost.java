package nmsw.segmentation.nn;

import java.util.List;

/**
 * Work of all networks for one volume, by the two rules of {@link LayerCost}. What is not a network (cutting
 * patches, up-sampling, fusing) is no part of it.
 *
 * @param macs multiply-accumulates that are needed
 * @param countedOperations what the paper's counter charges and its Table I calls FLOPs
 */
public record RunCost(long macs, long countedOperations) {
  /** Where no network ran. */
  public static final RunCost NONE = new RunCost(0, 0);

  /** Sum over layers. */
  public static RunCost of(List<LayerCost> layers) {
    return new RunCost(
        layers.stream().mapToLong(LayerCost::macs).sum(),
        layers.stream().mapToLong(LayerCost::countedOperations).sum());
  }

  /** The local network on every patch of the grid. */
  public static RunCost slidingWindow(Backbone local, PatchGrid grid) {
    return of(local.costs(grid.patch())).times(grid.cells());
  }

  /**
   * The global network on the down-sampled volume, the importance head on every cell, the local network on
   * {@code k} patches, or on all if there are fewer.
   *
   * @param grid of the padded volume: a multiple of {@code rate} times the global network's divisor
   */
  public static RunCost nmsw(NmswNet net, PatchGrid grid, Int3 rate, int k) {
    Int3 low = grid.volume().dividedBy(rate);
    if (!low.times(rate).equals(grid.volume())) {
      throw new IllegalArgumentException("volume of " + grid.volume() + " at rate " + rate);
    }
    RunCost global = of(net.global().costs(low));
    RunCost head = of(ImportanceHead.costs(net.global().featureChannels(), grid.counts()));
    RunCost patch = of(net.local().costs(grid.patch()));
    return global.plus(head).plus(patch.times(Math.min(k, grid.cells())));
  }

  private RunCost plus(RunCost other) {
    return new RunCost(macs + other.macs, countedOperations + other.countedOperations);
  }

  private RunCost times(int count) {
    return new RunCost(count * macs, count * countedOperations);
  }
}

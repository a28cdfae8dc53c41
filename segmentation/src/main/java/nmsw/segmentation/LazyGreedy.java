package nmsw.segmentation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Takes the cell of highest gain again and again. A gain never grows, so one that was computed before other
 * cells were taken is an upper bound: only cells whose bound is at the head of the queue are computed anew
 * (Minoux 1978). The result is the plain greedy one, the lowest index first among equals.
 */
final class LazyGreedy {
  private final ExpectedGain gain;

  LazyGreedy(ExpectedGain gain) {
    this.gain = gain;
  }

  private record Bound(int cell, double gain) {}

  /**
   * @param cells to choose from
   * @param most cells at most
   * @param least gain that a cell must have, beside being above 0
   */
  List<Integer> select(List<Integer> cells, int most, double least) {
    PriorityQueue<Bound> queue =
        new PriorityQueue<>(
            Comparator.comparingDouble((Bound bound) -> -bound.gain()).thenComparingInt(Bound::cell));
    queue.addAll(cells.parallelStream().map(cell -> new Bound(cell, gain.of(cell))).toList());
    List<Integer> taken = new ArrayList<>();
    while (!queue.isEmpty() && taken.size() < most) {
      Bound head = queue.poll();
      Bound current = new Bound(head.cell(), gain.of(head.cell()));
      if (!queue.isEmpty() && queue.comparator().compare(current, queue.peek()) > 0) {
        queue.add(current);
      } else if (current.gain() > 0 && current.gain() >= least) {
        gain.take(current.cell());
        taken.add(current.cell());
      } else {
        break;
      }
    }
    return taken;
  }
}

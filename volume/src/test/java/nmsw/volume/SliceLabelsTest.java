package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SliceLabelsTest {
  private static SliceLabels empty(int columns, int rows, int count) {
    List<SliceStack.Slice> slices = new ArrayList<>();
    List<byte[]> labels = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      slices.add(new SliceStack.Slice("1." + k, "1.2", 1, k + 1, new Vec3(0, 0, 2 * k)));
      labels.add(new byte[columns * rows]);
    }
    return new SliceLabels(new SliceStack(columns, rows, 1, 1, new Vec3(1, 0, 0), new Vec3(0, 1, 0), slices), labels);
  }

  private static List<Integer> atEdge(SliceLabels labels) {
    boolean[] found = labels.atEdge();
    return IntStream.range(1, found.length).filter(label -> found[label]).boxed().toList();
  }

  @Test
  void whatReachesAnOutermostSliceRowOrColumnIsAtTheEdge() {
    int columns = 5;
    int rows = 4;
    for (int k = 0; k < 3; k++) {
      for (int row = 0; row < rows; row++) {
        for (int column = 0; column < columns; column++) {
          SliceLabels labels = empty(columns, rows, 3);
          labels.labels().get(k)[row * columns + column] = (byte) 200;
          boolean inside = k == 1 && row > 0 && row < rows - 1 && column > 0 && column < columns - 1;
          assertEquals(inside ? List.of() : List.of(200), atEdge(labels), k + " " + row + " " + column);
        }
      }
    }
  }

  @Test
  void ofOneSliceOrColumnEverythingIs() {
    SliceLabels slice = empty(5, 5, 1);
    slice.labels().get(0)[12] = 1;
    assertEquals(List.of(1), atEdge(slice));
    SliceLabels column = empty(1, 5, 3);
    column.labels().get(1)[2] = 1;
    assertEquals(List.of(1), atEdge(column));
  }
}

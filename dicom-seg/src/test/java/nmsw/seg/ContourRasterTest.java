package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.geom.Path2D;
import java.util.BitSet;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ContourRasterTest {
  private static final int COLUMNS = 23;
  private static final int ROWS = 17;

  private static BitSet fill(double[]... polygons) {
    return ContourRaster.fill(List.of(polygons), COLUMNS, ROWS);
  }

  private static BitSet box(int column0, int row0, int column1, int row1) {
    BitSet box = new BitSet();
    for (int row = row0; row <= row1; row++) {
      box.set(row * COLUMNS + column0, row * COLUMNS + column1 + 1);
    }
    return box;
  }

  private static double[] rectangle(double left, double top, double right, double bottom) {
    return new double[] {left, top, right, top, right, bottom, left, bottom};
  }

  private static BitSet without(BitSet all, BitSet hole) {
    BitSet rest = (BitSet) all.clone();
    rest.andNot(hole);
    return rest;
  }

  @Test
  void centresInsideAreSet() {
    assertEquals(box(3, 2, 7, 5), fill(rectangle(2.5, 1.5, 7.5, 5.5)));
    assertEquals(box(3, 2, 7, 5), fill(rectangle(2.1, 1.9, 7.9, 5.1)));
  }

  @Test
  void regionsThatShareADrawnBorderShareNoPixel() {
    BitSet left = fill(rectangle(2.5, 1.5, 7, 5.5));
    BitSet right = fill(rectangle(7, 1.5, 11.5, 5.5));
    assertEquals(box(3, 2, 6, 5), left);
    assertEquals(box(7, 2, 11, 5), right);
  }

  @Test
  void aContourTracedThroughPixelCentresHoldsThem() {
    assertEquals(box(3, 2, 7, 5), fill(rectangle(3, 2, 7, 5)));
    assertEquals(box(3, 2, 7, 5), fill(rectangle(3.004, 1.996, 7.003, 5.004)));
    assertEquals(box(4, 4, 4, 4), fill(new double[] {4, 4}));
    assertEquals(box(4, 4, 9, 4), fill(new double[] {4, 4, 9, 4}));
    BitSet diagonal = fill(new double[] {4, 4, 8, 8});
    assertEquals(List.of(96, 120, 144, 168, 192), diagonal.stream().boxed().toList());
  }

  @Test
  void aTracedHoleIsSurroundedByItsContour() {
    BitSet ring = fill(rectangle(3, 2, 12, 12), rectangle(5, 5, 9, 9));
    assertEquals(without(box(3, 2, 12, 12), box(6, 6, 8, 8)), ring);
  }

  @Test
  void aKeyholeHasAHole() {
    double[] keyhole = {
      2.5, 1.5, 12.5, 1.5, 12.5, 12.5, 2.5, 12.5, 2.5, 6.2, 5.5, 6.2, 5.5, 9.5, 9.5, 9.5, 9.5, 4.5, 5.5, 4.5,
      5.5, 6.2, 2.5, 6.2
    };
    assertEquals(without(box(3, 2, 12, 12), box(6, 5, 9, 9)), fill(keyhole));
  }

  @Test
  void contoursSideBySideAreAllDrawn() {
    BitSet both = box(1, 1, 3, 3);
    both.or(box(10, 4, 15, 9));
    assertEquals(both, fill(rectangle(0.5, 0.5, 3.5, 3.5), rectangle(9.5, 3.5, 15.5, 9.5)));
  }

  @Test
  void whatLiesOutsideIsCutOff() {
    assertEquals(box(0, 0, COLUMNS - 1, ROWS - 1), fill(rectangle(-1e9, -1e9, 1e9, 1e9)));
    assertEquals(box(20, 15, COLUMNS - 1, ROWS - 1), fill(rectangle(20, 15, 40, 40)));
    assertTrue(fill(rectangle(-20, -20, -3, -3)).isEmpty());
    assertTrue(fill(rectangle(40, 2, 60, 5)).isEmpty());
  }

  @Provide
  Arbitrary<double[]> polygons() {
    return Arbitraries.doubles()
        .between(-5, 28)
        .ofScale(3)
        .filter(value -> Math.abs(value - Math.rint(value)) > 0.02)
        .array(double[].class)
        .ofMinSize(6)
        .ofMaxSize(24)
        .map(values -> java.util.Arrays.copyOf(values, values.length / 2 * 2));
  }

  @Property(tries = 500)
  void agreesWithAnotherImplementation(
      @ForAll("polygons") double[] one, @ForAll("polygons") double[] other) {
    Path2D path = new Path2D.Double(Path2D.WIND_EVEN_ODD);
    for (double[] polygon : List.of(one, other)) {
      path.moveTo(polygon[0], polygon[1]);
      for (int i = 2; i < polygon.length; i += 2) {
        path.lineTo(polygon[i], polygon[i + 1]);
      }
      path.closePath();
    }
    BitSet mask = fill(one, other);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      assertEquals(path.contains(i % COLUMNS, i / COLUMNS), mask.get(i), "pixel " + i);
    }
  }
}

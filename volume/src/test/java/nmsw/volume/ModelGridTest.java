package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelGridTest {
  @ParameterizedTest(name = "{0}")
  @MethodSource("nmsw.volume.ResamplerTest#stacks")
  void indexAxesRunRightAnteriorSuperior(String name, SliceStack stack) {
    Grid grid = ModelGrid.forStack(stack, new Vec3(1.5, 2, 3));
    assertTrue(grid.stepX().x() < 0 && Math.abs(grid.stepX().x()) > 1.5 * 0.57, name + ": " + grid.stepX());
    assertTrue(grid.stepY().y() < 0 && Math.abs(grid.stepY().y()) > 2 * 0.47, name + ": " + grid.stepY());
    assertTrue(grid.stepZ().z() > 3 * 0.57, name + ": " + grid.stepZ());
    assertEquals(1.5, grid.stepX().length(), 1e-9);
    assertEquals(2, grid.stepY().length(), 1e-9);
    assertEquals(3, grid.stepZ().length(), 1e-9);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nmsw.volume.ResamplerTest#stacks")
  void everyPixelAreaIsCovered(String name, SliceStack stack) {
    Grid grid = ModelGrid.forStack(stack, new Vec3(1.5, 2, 3));
    for (int k = 0; k < stack.size(); k++) {
      for (double c : new double[] {-0.5, stack.columns() - 0.5}) {
        for (double r : new double[] {-0.5, stack.rows() - 0.5}) {
          Vec3 at = grid.toIndex(stack.toPatient(c, r, k));
          assertTrue(
              at.x() > -0.501 && at.x() < grid.nx() - 0.499
                  && at.y() > -0.501 && at.y() < grid.ny() - 0.499
                  && at.z() > -0.501 && at.z() < grid.nz() - 0.499,
              name + ": " + at + " of " + grid);
        }
      }
    }
  }

  @Test
  void ownSpacingGivesTheSourcesOwnVoxels() {
    SliceStack stack =
        Fields.stack(
            12, 10, 0.9, 1.1, new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(5, 6, 7), Fields.regular(9, 2.5),
            Vec3.ZERO);
    Grid grid = ModelGrid.forStack(stack, new Vec3(0.9, 1.1, 2.5));
    assertEquals(12 * 10 * 9, grid.voxels());
    Vec3 last = stack.toPatient(11, 9, 0);
    assertEquals(0, grid.origin().minus(last).length(), 1e-9);
  }

  @Property(tries = 200)
  void anyDirectionGivesARightHandedGrid(
      @ForAll @DoubleRange(min = -3.2, max = 3.2) double yaw,
      @ForAll @DoubleRange(min = -3.2, max = 3.2) double pitch,
      @ForAll @DoubleRange(min = -3.2, max = 3.2) double roll) {
    Vec3 row =
        new Vec3(Math.cos(yaw) * Math.cos(pitch), Math.sin(yaw) * Math.cos(pitch), -Math.sin(pitch));
    Vec3 side = new Vec3(-Math.sin(yaw), Math.cos(yaw), 0);
    Vec3 column = side.times(Math.cos(roll)).plus(row.cross(side).times(Math.sin(roll)));
    Grid source =
        new Grid(5, 6, 7, new Vec3(1, 2, 3), row.times(0.8), column.times(1.2), row.cross(column).times(-2));
    Grid grid = ModelGrid.forGrid(source, new Vec3(1, 1, 1));
    assertEquals(1, grid.stepX().cross(grid.stepY()).dot(grid.stepZ()), 1e-9);
    for (int corner = 0; corner < 8; corner++) {
      Vec3 p =
          source.toPatient(
              (corner & 1) == 0 ? -0.5 : 4.5, (corner & 2) == 0 ? -0.5 : 5.5, (corner & 4) == 0 ? -0.5 : 6.5);
      Vec3 at = grid.toIndex(p);
      assertTrue(
          at.x() > -0.501 && at.x() < grid.nx() - 0.499 && at.y() > -0.501 && at.y() < grid.ny() - 0.499
              && at.z() > -0.501 && at.z() < grid.nz() - 0.499);
      assertEquals(0, grid.toPatient(at.x(), at.y(), at.z()).minus(p).length(), 1e-9);
    }
  }

  @Test
  void refusesSpacingsThatGiveNoGrid() {
    Grid source =
        new Grid(500, 500, 500, Vec3.ZERO, new Vec3(1, 0, 0), new Vec3(0, 1, 0), new Vec3(0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> ModelGrid.forGrid(source, new Vec3(0, 1, 1)));
    assertThrows(IllegalArgumentException.class, () -> ModelGrid.forGrid(source, new Vec3(0.1, 0.1, 0.1)));
    assertThrows(IllegalArgumentException.class, () -> ModelGrid.forGrid(source, new Vec3(1e-30, 1, 1)));
  }
}

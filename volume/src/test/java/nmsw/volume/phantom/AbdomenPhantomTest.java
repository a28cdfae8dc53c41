package nmsw.volume.phantom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AbdomenPhantomTest {
  private static final Grid COARSE = grid(4, 110, 80, 125);

  /** An axis-aligned grid of cubes centred on the phantom. */
  private static Grid grid(double mm, int nx, int ny, int nz) {
    return new Grid(
        nx, ny, nz, new Vec3(-(nx - 1) / 2.0 * mm, -(ny - 1) / 2.0 * mm, -(nz - 1) / 2.0 * mm),
        new Vec3(mm, 0, 0), new Vec3(0, mm, 0), new Vec3(0, 0, mm));
  }

  @Test
  void sameSeedAndGridGiveTheSameBitsWithAnyNumberOfThreads() throws Exception {
    Grid grid = grid(6.3, 61, 43, 70);
    short[] many = new AbdomenPhantom(7).volume(grid).hounsfield();
    byte[] manyLabels = new AbdomenPhantom(7).labels(grid).labels();
    ForkJoinPool single = new ForkJoinPool(1);
    try {
      assertArrayEquals(many, single.submit(() -> new AbdomenPhantom(7).volume(grid).hounsfield()).get());
      assertArrayEquals(manyLabels, single.submit(() -> new AbdomenPhantom(7).labels(grid).labels()).get());
    } finally {
      single.shutdown();
    }
    assertFalse(Arrays.equals(many, new AbdomenPhantom(8).volume(grid).hounsfield()));
  }

  @Test
  void everyGridAndStackShowsTheSameAnatomy() {
    AbdomenPhantom phantom = new AbdomenPhantom(11);
    Grid fine = grid(3, 121, 91, 131);
    byte[] all = phantom.labels(fine).labels();

    Grid part = fine.box(17, 23, 31, 50, 40, 60);
    byte[] some = phantom.labels(part).labels();
    Grid turned = new Grid(
        50, 40, 60, part.toPatient(49, 39, 59), part.stepX().times(-1), part.stepY().times(-1), part.stepZ().times(-1));
    byte[] reversed = phantom.labels(turned).labels();
    Grid everyThird = new Grid(
        40, 30, 43, fine.origin(), fine.stepX().times(3), fine.stepY().times(3), fine.stepZ().times(3));
    byte[] thinned = phantom.labels(everyThird).labels();
    for (int k = 0; k < 60; k++) {
      for (int j = 0; j < 40; j++) {
        for (int i = 0; i < 50; i++) {
          byte expected = all[fine.index(17 + i, 23 + j, 31 + k)];
          assertEquals(expected, some[part.index(i, j, k)]);
          assertEquals(expected, reversed[part.index(49 - i, 39 - j, 59 - k)]);
          if (i < 40 && j < 30 && k < 43) {
            assertEquals(all[fine.index(3 * i, 3 * j, 3 * k)], thinned[everyThird.index(i, j, k)]);
          }
        }
      }
    }

    List<SliceStack.Slice> sagittal = new ArrayList<>();
    for (int k = 0; k < 20; k++) {
      sagittal.add(new SliceStack.Slice("1." + k, "1.2", 1, k, fine.toPatient(30 + k, 0, 130)));
    }
    SliceStack stack = new SliceStack(91, 131, 3, 3, new Vec3(0, 1, 0), new Vec3(0, 0, -1), reversedNormal(sagittal));
    for (int k = 0; k < 20; k++) {
      byte[] slice = phantom.labels(stack).labels().get(k);
      int i = (int) Math.round((stack.slices().get(k).position().x() - fine.origin().x()) / 3);
      for (int row = 0; row < 131; row += 2) {
        for (int column = 0; column < 91; column += 2) {
          assertEquals(all[fine.index(i, column, 130 - row)], slice[row * 91 + column]);
        }
      }
    }
  }

  /** Row direction P x column direction F points to the right, so slices ascend towards -x. */
  private static List<SliceStack.Slice> reversedNormal(List<SliceStack.Slice> leftwards) {
    List<SliceStack.Slice> out = new ArrayList<>(leftwards);
    java.util.Collections.reverse(out);
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "liver, 900, 2800", "spleen, 60, 350", "kidney_left, 90, 320", "kidney_right, 90, 320", "stomach, 150, 800",
    "gallbladder, 10, 90", "pancreas, 40, 150", "urinary_bladder, 40, 500", "aorta, 60, 200",
    "inferior_vena_cava, 40, 180", "colon, 350, 1500"
  })
  void volumesAreThoseOfPeople(String organ, double low, double high) {
    for (int seed = 0; seed < Patient.COUNT; seed++) {
      double ml = Patient.of(seed).millilitres(organ);
      boolean removed = organ.equals("gallbladder") && ml == 0;
      assertTrue(removed || ml >= low && ml <= high, organ + " of seed " + seed + ": " + ml + " ml");
    }
  }

  @Test
  void organsLieOnTheirSides() {
    for (int seed = 0; seed < Patient.COUNT; seed++) {
      Patient p = Patient.of(seed);
      String who = "seed " + seed;
      assertTrue(p.centre("liver").x() < -30, who);
      assertTrue(p.centre("spleen").x() > 70, who);
      assertTrue(p.centre("kidney_right").x() < -40 && p.centre("kidney_left").x() > 40, who);
      assertTrue(p.centre("stomach").x() > 20, who);
      assertTrue(p.centre("inferior_vena_cava").x() < p.centre("aorta").x() - 15, who);
      assertTrue(p.centre("liver").z() > p.centre("urinary_bladder").z() + 180, who);
      assertTrue(p.centre("kidney_left").y() > p.centre("stomach").y() + 20, who);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "liver, 40, 125", "spleen, 35, 135", "kidney_left, 20, 200", "kidney_right, 20, 200", "gallbladder, 0, 50",
    "pancreas, 15, 125", "urinary_bladder, -5, 30", "aorta, 25, 340", "inferior_vena_cava, 20, 190"
  })
  void medianHounsfieldValuesArePlausible(String organ, double low, double high) {
    for (int seed = 0; seed < Patient.COUNT; seed++) {
      Patient p = Patient.of(seed);
      if (p.millilitres(organ) > 0) {
        double hu = p.medianHounsfield(organ);
        assertTrue(hu >= low && hu <= high, organ + " of seed " + seed + ": " + hu + " HU");
      }
    }
  }

  @Test
  void airFatBoneAndLungAreThere() {
    short[] hu = new AbdomenPhantom(5).volume(COARSE).hounsfield();
    assertTrue(share(hu, -1024, -950) > 0.3, "air");
    assertTrue(share(hu, -910, -750) > 0.02, "lung");
    assertTrue(share(hu, -140, -60) > 0.05, "fat");
    assertTrue(share(hu, 20, 120) > 0.1, "soft tissue");
    assertTrue(share(hu, 180, 1200) > 0.01, "bone");
    for (short v : hu) {
      assertTrue(v >= -1024 && v <= 3071);
    }
  }

  private static double share(short[] hu, int low, int high) {
    int n = 0;
    for (short v : hu) {
      n += v >= low && v <= high ? 1 : 0;
    }
    return n / (double) hu.length;
  }

  @Test
  void someButFewPatientsLackTheGallbladder() {
    byte gallbladder = (byte) Organ.GALLBLADDER.label();
    int without = 0;
    for (int seed = 0; seed < 60; seed++) {
      byte[] labels = new AbdomenPhantom(seed).labels(grid(6, 70, 50, 80)).labels();
      boolean found = false;
      for (byte label : labels) {
        found |= label == gallbladder;
      }
      without += found ? 0 : 1;
    }
    assertTrue(without >= 1 && without <= 14, without + " of 60");
  }

  @Test
  void codesAreThoseOfTheTable() throws Exception {
    Path csv = Path.of(System.getProperty("nmsw.root"), "config", "labels", "totalsegmentator-v2.csv");
    LabelTable source = LabelTable.read(csv);
    int index = 0;
    for (LabelClass c : AbdomenPhantom.labelTable().classes()) {
      LabelClass s = source.byName(c.name());
      assertEquals(++index, c.index());
      assertEquals(
          new LabelClass(
              index, s.name(), s.label(), s.category(), s.type(), s.modifier(), s.region(), s.regionModifier(), s.rgb()),
          c);
    }
  }

  /** What one phantom measures, sampled once. */
  private record Patient(double[] counts, double[] x, double[] y, double[] z, short[] hu, byte[] labels) {
    static final int COUNT = 10;
    private static final List<Patient> ALL = new ArrayList<>();

    static synchronized Patient of(int seed) {
      while (ALL.size() <= seed) {
        ALL.add(measure(ALL.size()));
      }
      return ALL.get(seed);
    }

    private static Patient measure(long seed) {
      AbdomenPhantom phantom = new AbdomenPhantom(seed);
      byte[] labels = phantom.labels(COARSE).labels();
      double[][] sums = new double[4][16];
      for (int n = 0; n < labels.length; n++) {
        int i = n % COARSE.nx();
        int j = n / COARSE.nx() % COARSE.ny();
        Vec3 p = COARSE.toPatient(i, j, n / COARSE.nx() / COARSE.ny());
        sums[0][labels[n]]++;
        sums[1][labels[n]] += p.x();
        sums[2][labels[n]] += p.y();
        sums[3][labels[n]] += p.z();
      }
      return new Patient(
          sums[0], sums[1], sums[2], sums[3], phantom.volume(COARSE).hounsfield(), labels);
    }

    private static int label(String organ) {
      return AbdomenPhantom.labelTable().byName(organ).index();
    }

    double millilitres(String organ) {
      return counts[label(organ)] * COARSE.voxelVolume() / 1000;
    }

    Vec3 centre(String organ) {
      int l = label(organ);
      return new Vec3(x[l] / counts[l], y[l] / counts[l], z[l] / counts[l]);
    }

    double medianHounsfield(String organ) {
      int l = label(organ);
      short[] values = new short[(int) counts[l]];
      int n = 0;
      for (int v = 0; v < hu.length; v++) {
        if (labels[v] == l) {
          values[n++] = hu[v];
        }
      }
      Arrays.sort(values);
      return values[n / 2];
    }
  }
}

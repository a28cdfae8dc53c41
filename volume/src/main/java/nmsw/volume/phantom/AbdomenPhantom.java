package nmsw.volume.phantom;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import nmsw.volume.Grid;
import nmsw.volume.LabelTable;
import nmsw.volume.LabelVolume;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/**
 * A synthetic patient, from the lower chest to the pelvis, whose every point has a label and a Hounsfield value by
 * formula: any grid or stack can be sampled from it, and all samplings show the same anatomy. The seed draws the
 * patient's size, build, posture, organ shapes and places, and the contrast phase; some patients lack the gallbladder.
 *
 * <p>Supine, LPS millimetres, centred near the origin, about 340-420 mm long. Same seed and grid: the same bits, on
 * any machine with any number of threads. Immutable and thread-safe.
 */
public final class AbdomenPhantom {
  private static final int BLOCK = 8;
  private static final String CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2";

  private final long seed;
  private final Anatomy anatomy;

  public AbdomenPhantom(long seed) {
    this.seed = seed;
    anatomy = new Anatomy(seed);
  }

  /** The labelled organs; indices run 1..n without gaps, names and codes are TotalSegmentator's. */
  public static LabelTable labelTable() {
    return Organ.table();
  }

  public long seed() {
    return seed;
  }

  /** The CT of the grid with partial volume and noise, -1024..3071 HU. */
  public Volume volume(Grid grid) {
    short[] out = new short[grid.voxels()];
    Lattice lattice = Lattice.of(grid);
    IntStream.range(0, lattice.blocks()).parallel().forEach(b -> fill(lattice, b, null, out));
    return new Volume(grid, out);
  }

  /** The true label of each voxel centre. */
  public LabelVolume labels(Grid grid) {
    byte[] out = new byte[grid.voxels()];
    Lattice lattice = Lattice.of(grid);
    IntStream.range(0, lattice.blocks()).parallel().forEach(b -> fill(lattice, b, out, null));
    return new LabelVolume(grid, out);
  }

  /** The true label of each pixel centre of every slice. */
  public SliceLabels labels(SliceStack stack) {
    List<byte[]> slices = new ArrayList<>();
    for (int k = 0; k < stack.size(); k++) {
      byte[] out = new byte[stack.rows() * stack.columns()];
      Lattice lattice = Lattice.of(stack, k);
      IntStream.range(0, lattice.blocks()).parallel().forEach(b -> fill(lattice, b, out, null));
      slices.add(out);
    }
    return new SliceLabels(stack, slices);
  }

  /** The CT of one slice, row by row, -1024..3071 HU. */
  public short[] hounsfield(SliceStack stack, int slice) {
    short[] out = new short[stack.rows() * stack.columns()];
    Lattice lattice = Lattice.of(stack, slice);
    IntStream.range(0, lattice.blocks()).parallel().forEach(b -> fill(lattice, b, null, out));
    return out;
  }

  /**
   * An axial stack of a head-first supine patient, centred on the phantom: columns run to the patient's left, rows to
   * the back, slices to the head. UIDs are placeholders; {@code PhantomSeries} gives real ones.
   *
   * @param columnSpacing mm between columns
   * @param rowSpacing mm between rows
   * @param sliceSpacing mm between slices
   */
  public static SliceStack standardStack(
      int columns, int rows, int slices, double columnSpacing, double rowSpacing, double sliceSpacing) {
    List<SliceStack.Slice> planes = new ArrayList<>();
    for (int k = 0; k < slices; k++) {
      Vec3 position = new Vec3(
          -(columns - 1) / 2.0 * columnSpacing,
          -(rows - 1) / 2.0 * rowSpacing,
          (k - (slices - 1) / 2.0) * sliceSpacing);
      planes.add(new SliceStack.Slice("1.2.3." + (k + 1), CT_IMAGE_STORAGE, 1, k + 1, position));
    }
    return new SliceStack(
        columns, rows, columnSpacing, rowSpacing, new Vec3(1, 0, 0), new Vec3(0, 1, 0), planes);
  }

  private void fill(Lattice lattice, int block, byte[] labels, short[] hounsfield) {
    int blocksX = (lattice.nx + lattice.sx - 1) / lattice.sx;
    int blocksY = (lattice.ny + lattice.sy - 1) / lattice.sy;
    int i0 = block % blocksX * lattice.sx;
    int j0 = block / blocksX % blocksY * lattice.sy;
    int k0 = block / blocksX / blocksY * lattice.sz;
    int i1 = Math.min(lattice.nx, i0 + lattice.sx);
    int j1 = Math.min(lattice.ny, j0 + lattice.sy);
    int k1 = Math.min(lattice.nz, k0 + lattice.sz);
    int count = (i1 - i0) * (j1 - j0) * (k1 - k0);
    double[] at = new double[6 * count];
    double[] low = {1e9, 1e9, 1e9};
    double[] high = {-1e9, -1e9, -1e9};
    Space.Point p = anatomy.space.point();
    int n = 0;
    for (int k = k0; k < k1; k++) {
      for (int j = j0; j < j1; j++) {
        for (int i = i0; i < i1; i++, n += 6) {
          p.move(lattice.at(i, j, k, 0), lattice.at(i, j, k, 1), lattice.at(i, j, k, 2));
          at[n] = p.patientX;
          at[n + 1] = p.patientY;
          at[n + 2] = p.patientZ;
          at[n + 3] = p.x;
          at[n + 4] = p.y;
          at[n + 5] = p.z;
          for (int c = 0; c < 3; c++) {
            low[c] = Math.min(low[c], at[n + 3 + c]);
            high[c] = Math.max(high[c], at[n + 3 + c]);
          }
        }
      }
    }
    Layer[] active =
        anatomy.layersIn(new Layer.Box(low[0], high[0], low[1], high[1], low[2], high[2]));
    n = 0;
    for (int k = k0; k < k1; k++) {
      for (int j = j0; j < j1; j++) {
        int row = lattice.nx * (j + lattice.ny * k);
        for (int i = i0; i < i1; i++, n += 6) {
          p.restore(at[n], at[n + 1], at[n + 2], at[n + 3], at[n + 4], at[n + 5]);
          p.measure();
          if (labels != null) {
            labels[row + i] = (byte) label(active, p);
          } else {
            hounsfield[row + i] = hounsfield(active, p, lattice.softness);
          }
        }
      }
    }
  }

  private static int label(Layer[] layers, Space.Point p) {
    for (int l = layers.length - 1; l >= 0; l--) {
      Layer layer = layers[l];
      if (layer.bounds.contains(p.x, p.y, p.z) && layer.distance(p) < 0) {
        return layer.label;
      }
    }
    return 0;
  }

  private short hounsfield(Layer[] layers, Space.Point p, double softness) {
    double hu = -1000;
    for (Layer layer : layers) {
      if (!layer.bounds.contains(p.x, p.y, p.z)) {
        continue;
      }
      double d = layer.distance(p);
      if (d < softness) {
        double cover = d <= -softness ? 1 : 0.5 - 0.5 * d / softness;
        hu += (layer.hounsfield(p, d) - hu) * cover;
      }
    }
    double sigma = p.skin < 20 ? anatomy.noise : 0.6 * anatomy.noise;
    hu += sigma * Noise.white(seed, p.patientX, p.patientY, p.patientZ);
    return (short) Math.round(Noise.clamp(hu, -1024, 3071));
  }

  /** Sample positions: any regular grid, or one slice of a stack, cut into blocks of neighbouring samples. */
  private static final class Lattice {
    final int nx;
    final int ny;
    final int nz;
    final int sx;
    final int sy;
    final int sz;
    final double softness;
    private final double[] origin;
    private final double[] stepX;
    private final double[] stepY;
    private final double[] stepZ;

    private Lattice(int nx, int ny, int nz, int size, Vec3 origin, Vec3 x, Vec3 y, Vec3 z, double softness) {
      this.nx = nx;
      this.ny = ny;
      this.nz = nz;
      sx = size;
      sy = size;
      sz = nz == 1 ? 1 : size;
      this.origin = coordinates(origin);
      stepX = coordinates(x);
      stepY = coordinates(y);
      stepZ = coordinates(z);
      this.softness = Noise.clamp(softness, 0.6, Layer.REACH - 0.5);
    }

    static Lattice of(Grid g) {
      double mean = (g.stepX().length() + g.stepY().length() + g.stepZ().length()) / 3;
      return new Lattice(
          g.nx(), g.ny(), g.nz(), BLOCK, g.origin(), g.stepX(), g.stepY(), g.stepZ(), 0.5 * mean);
    }

    static Lattice of(SliceStack s, int k) {
      double between =
          s.size() > 1 ? Math.abs(s.distance(s.size() - 1) - s.distance(0)) / (s.size() - 1) : 1;
      double mean = (s.columnSpacing() + s.rowSpacing() + between) / 3;
      return new Lattice(
          s.columns(), s.rows(), 1, 2 * BLOCK, s.slices().get(k).position(),
          s.rowDirection().times(s.columnSpacing()), s.columnDirection().times(s.rowSpacing()), Vec3.ZERO,
          0.5 * mean);
    }

    int blocks() {
      return ((nx + sx - 1) / sx) * ((ny + sy - 1) / sy) * ((nz + sz - 1) / sz);
    }

    double at(int i, int j, int k, int axis) {
      return origin[axis] + i * stepX[axis] + j * stepY[axis] + k * stepZ[axis];
    }

    private static double[] coordinates(Vec3 v) {
      return new double[] {v.x(), v.y(), v.z()};
    }
  }
}

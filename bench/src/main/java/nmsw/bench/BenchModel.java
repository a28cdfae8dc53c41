package nmsw.bench;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.volume.Code;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** The networks of the paper with random weights, and volumes without air, so that nothing is cropped. */
final class BenchModel {
  private static final long SEED = 1;
  private static final Int3 PATCH = Int3.cube(128);
  private static final double OVERLAP = 0.5;
  private static final Int3 RATE = Int3.cube(3);
  private static final Architecture UNET =
      new Architecture.UNet(List.of(32, 64, 128, 256, 320, 320));

  private BenchModel() {}

  static ModelDescription description(Architecture local, int patches) {
    return new ModelDescription(
        "bench", "1", UNET, local, new Vec3(1, 1, 1), -250, 500, PATCH, OVERLAP, RATE, patches,
        Aggregation.NORMALISED_CW);
  }

  /**
   * @param classes background included
   */
  static ModelBundle bundle(ModelDescription description, int classes) {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters =
            Parameters.initialise(manager, description.net(classes).parameters(), SEED)) {
      return new ModelBundle(description, labels(classes - 1), "", parameters.tensors());
    }
  }

  static LabelTable labels(int count) {
    List<LabelClass> classes = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      classes.add(
          new LabelClass(
              i, "class" + i, "Class " + i,
              new Code("SCT", "123037004", "Anatomical Structure"),
              new Code("SCT", "113343008", "Organ"),
              Optional.empty(), Optional.empty(), Optional.empty(), 0x808080));
    }
    return new LabelTable(classes);
  }

  /** Waves and noise between -200 and 300 HU, 1 mm voxels. */
  static Volume volume(Int3 size) {
    Grid grid =
        new Grid(
            size.x(), size.y(), size.z(),
            new Vec3(0, 0, 0), new Vec3(-1, 0, 0), new Vec3(0, -1, 0), new Vec3(0, 0, 1));
    short[] hounsfield = new short[grid.voxels()];
    IntStream.range(0, size.z())
        .parallel()
        .forEach(
            k -> {
              SplittableRandom noise = new SplittableRandom(k);
              for (int j = 0; j < size.y(); j++) {
                for (int i = 0; i < size.x(); i++) {
                  double wave = Math.sin(i * 0.05) * Math.cos(j * 0.04) + Math.sin(k * 0.06);
                  hounsfield[grid.index(i, j, k)] = (short) (50 + 100 * wave + noise.nextInt(-50, 50));
                }
              }
            });
    return new Volume(grid, hounsfield);
  }
}

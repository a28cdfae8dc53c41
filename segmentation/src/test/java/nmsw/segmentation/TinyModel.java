package nmsw.segmentation;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.volume.Code;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/** An untrained model that is small enough for a test, and a volume for it. */
final class TinyModel {
  static final ModelDescription DESCRIPTION =
      new ModelDescription(
          "tiny", "1.0", new Architecture.UNet(List.of(4, 6, 6)),
          new Architecture.UNet(List.of(4, 4, 8)), new Vec3(2, 2, 3), -250, 500, Int3.cube(16),
          0.5, Int3.cube(2), 3, Aggregation.NORMALISED_CW);

  private TinyModel() {}

  static ModelBundle bundle() {
    LabelTable labels = labels(4);
    NmswNet net = DESCRIPTION.net(5);
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.initialise(manager, net.parameters(), 11)) {
      Map<String, Tensor> weights = new LinkedHashMap<>(parameters.tensors());
      weights.put(
          NmswNet.CLASS_WEIGHT,
          new Tensor(weights.get(NmswNet.CLASS_WEIGHT).shape(), new float[] {0, 1, -1, 2, -2}));
      return new ModelBundle(DESCRIPTION, labels, "# tiny\nUntrained.\n", weights);
    }
  }

  static LabelTable labels(int count) {
    List<LabelClass> classes = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      classes.add(
          new LabelClass(
              i,
              "organ" + i,
              "Organ " + i,
              new Code("SCT", "123037004", "Anatomical Structure"),
              new Code("SCT", "10200004", "Liver"),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              0x102030));
    }
    return new LabelTable(classes);
  }

  static Volume volume(int nx, int ny, int nz) {
    Grid grid =
        new Grid(
            nx, ny, nz, new Vec3(7, 8, 9), new Vec3(-2, 0, 0), new Vec3(0, -2, 0), new Vec3(0, 0, 3));
    Random random = new Random(3);
    short[] hounsfield = new short[grid.voxels()];
    for (int k = 0; k < nz; k++) {
      for (int j = 0; j < ny; j++) {
        for (int i = 0; i < nx; i++) {
          boolean air = i < 2 || j < 3 || k >= nz - 2;
          double wave = 200 * Math.sin(i * 0.3) * Math.cos(j * 0.25) + 100 * Math.sin(k * 0.4);
          hounsfield[grid.index(i, j, k)] =
              (short) (air ? -1000 : wave + 50 + 60 * random.nextGaussian());
        }
      }
    }
    return new Volume(grid, hounsfield);
  }
}

package nmsw.training.registry;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import nmsw.segmentation.Aggregation;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.nn.Int3;
import nmsw.segmentation.nn.Parameters;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;

/** Bundles of an untrained model named tiny. */
final class TinyBundle {
  private TinyBundle() {}

  static void write(Path folder, String version, long seed) throws IOException {
    Architecture tiny = new Architecture.UNet(List.of(4, 4, 4));
    ModelDescription description =
        new ModelDescription(
            "tiny", version, tiny, tiny, new Vec3(3, 3, 3), -250, 500, Int3.cube(16), 0.5, Int3.cube(2), 2,
            Aggregation.NORMALISED_CW);
    int classes = AbdomenPhantom.labelTable().classes().size() + 1;
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters =
            Parameters.initialise(manager, description.net(classes).parameters(), seed)) {
      new ModelBundle(description, AbdomenPhantom.labelTable(), "card", parameters.tensors()).save(folder);
    }
  }
}

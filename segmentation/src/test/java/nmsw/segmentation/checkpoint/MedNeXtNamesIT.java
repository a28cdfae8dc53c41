package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.MedNeXt;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A MedNeXt with the published names, saved by Debian's python3-torch, gives the logits that torch computed. */
class MedNeXtNamesIT {
  @TempDir Path folder;

  @Test
  void givesTorchsLogits() throws IOException, InterruptedException {
    Torch.run("save_mednext.py", folder);
    MedNeXt net = new MedNeXt(4, List.of(1, 2, 1, 2, 1), List.of(2, 3, 4, 3, 2), 3, 3);
    Map<String, Tensor> weights = new LinkedHashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("mednext.pth"), "")) {
      Matching matching = new Matching(checkpoint, NameMapping.none());
      matching.backbone(NmswNet.LOCAL, net);
      matching.finish();
      matching.read(weights);
      assertEquals(List.of(), matching.problems());
      assertEquals(net.parameters().size(), matching.taken());
      assertTrue(matching.leftOut().contains("network_weights.dummy_tensor"), matching.leftOut().toString());
      assertEquals(5, matching.leftOut().size());
    }
    try (NDManager manager = NDManager.newBaseManager();
        CompiledBackbone compiled = net.compile(manager, Form.EXACT);
        Parameters parameters =
            Parameters.of(
                manager,
                net.parameters().stream().map(spec -> spec.under(NmswNet.LOCAL)).toList(),
                weights)) {
      float[] y =
          compiled
              .infer(
                  manager.create(Torch.floats(folder.resolve("mednext.x.f32")), new Shape(1, 1, 8, 12, 16)),
                  compiled.prepare(manager, parameters.arrays()))
              .logits()
              .toFloatArray();
      Torch.assertClose(Torch.floats(folder.resolve("mednext.y.f32")), y, 2e-4, "mednext");
    }
  }
}

package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.CompiledBackbone;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints of another implementation, saved by Debian's python3-torch (which must be installed), give the
 * logits that torch computed with them.
 */
class TorchCheckpointIT {
  private static final String WHOLE_MAPPING =
      """
      root: model
      global: global_net.
      local: local_net.
      head:
        w0: sampler.0.weight
        b0: sampler.0.bias
        w1: sampler.2.weight
        b1: sampler.2.bias
        w2: sampler.4.weight
        b2: sampler.4.bias
        w3: sampler.5.weight
        b3: sampler.5.bias
      rename:
        class_weight: class_weights
      ignore:
        - gaussian
      """;

  @TempDir static Path folder;

  @BeforeAll
  static void saveCheckpoints() throws IOException, InterruptedException {
    Torch.run("save_networks.py", folder);
  }

  private static ModelImport importer(NameMapping mapping) {
    return new ModelImport(SmallModel.DESCRIPTION, SmallModel.labels(), mapping);
  }

  private static ModelImport importer(String yaml) throws IOException {
    return importer(NameMapping.read(Files.writeString(folder.resolve("mapping.yaml"), yaml)));
  }

  @Test
  void plainNetworksGiveTorchsLogits() throws IOException {
    ModelImport.Imported imported =
        importer(NameMapping.none()).parts(folder.resolve("global.pth"), folder.resolve("local.pth"));

    assertLogits(imported.bundle(), 2e-4);
    String summary = String.join("\n", imported.summary());
    assertTrue(summary.contains("MONAI UNet under 'state_dict.module.'"), summary);
    assertTrue(summary.contains("training state left out: optimizer"), summary);
    assertTrue(summary.contains("initialised at random: the importance head"), summary);
    assertTrue(imported.bundle().card().contains("Imported, not validated"), imported.bundle().card());
  }

  @ParameterizedTest
  @CsvSource({"whole.pth, 2e-4", "channels_last.pth, 2e-4", "half.pth, 2e-2"})
  void wholeModelsGiveTorchsLogits(String file, double tolerance) throws IOException {
    ModelBundle bundle = importer(WHOLE_MAPPING).whole(folder.resolve(file)).bundle();

    assertLogits(bundle, tolerance);
    assertArrayEquals(new float[] {-1, 0, 1}, bundle.weights().get("class_weight").values());
    assertEquals(new Shape(2, 4), bundle.weights().get("head.w0").shape());
    assertTrue(bundle.card().contains("| head.w1 | sampler.2.weight |"), bundle.card());
  }

  @Test
  void networksOfWholeModelsAreFoundWithoutPrefixes() throws IOException {
    String mapping =
        WHOLE_MAPPING.replaceAll("(?m)^(root|global|local):.*\n", "")
            .replace("sampler.", "model.sampler.")
            .replace("class_weights", "model.class_weights")
            .replace("gaussian", "model.gaus*");

    assertLogits(importer(mapping).whole(folder.resolve("whole.pth")).bundle(), 2e-4);
  }

  @Test
  void theBundleOnDiskGivesTheSameLogits() throws IOException {
    Path bundle = folder.resolve("bundle");
    importer(WHOLE_MAPPING).whole(folder.resolve("whole.pth")).bundle().save(bundle);
    assertLogits(ModelBundle.load(bundle), 2e-4);

    // And a bundle's own weights are importable too, without any mapping.
    ModelImport.Imported again =
        importer(NameMapping.none()).whole(bundle.resolve("weights.safetensors"));
    assertLogits(again.bundle(), 2e-4);
    assertTrue(again.summary().stream().noneMatch(line -> line.contains("initialised")));
  }

  @Test
  void whatNothingIsKnownAboutIsListed() {
    ImportRefusal refusal =
        assertThrows(
            ImportRefusal.class,
            () -> importer(NameMapping.none()).whole(folder.resolve("whole.pth")));
    for (String name :
        List.of("model.sampler.0.weight (2, 4, 1, 1, 1)", "model.class_weights", "model.gaussian")) {
      assertTrue(refusal.getMessage().contains("whole.pth: tensor " + name), refusal.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "legacy.pth, old format of torch.save",
    "module.pth, names __main__.Whole",
    "script.pt, TorchScript program",
    "nan.pth, tensor local_net.model.0.residual.bias holds NaN"
  })
  void otherFilesAreRefusedWithTheReason(String file, String reason) throws IOException {
    ModelImport importer = importer(WHOLE_MAPPING.replace("root: model\n", ""));
    ImportRefusal refusal =
        assertThrows(ImportRefusal.class, () -> importer.whole(folder.resolve(file)));
    assertTrue(refusal.getMessage().contains(file + ": "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(reason), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"skip: LAST\n", "skip: FIRST\n"})
  void theOrderOfConcatenationMatters(String skip) throws IOException {
    ModelBundle bundle = importer(WHOLE_MAPPING + skip).whole(folder.resolve("whole.pth")).bundle();
    if (skip.contains("FIRST")) {
      assertLogits(bundle, 2e-4);
    } else {
      assertThrows(AssertionError.class, () -> assertLogits(bundle, 2e-2));
    }
  }

  private static void assertLogits(ModelBundle bundle, double tolerance) throws IOException {
    assertLogits(bundle, NmswNet.GLOBAL, bundle.net().global(), "global", tolerance);
    assertLogits(bundle, NmswNet.LOCAL, bundle.net().local(), "local", tolerance);
  }

  private static void assertLogits(
      ModelBundle bundle, String part, Backbone backbone, String name, double tolerance)
      throws IOException {
    try (NDManager manager = NDManager.newBaseManager();
        CompiledBackbone compiled = backbone.compile(manager, Form.EXACT);
        Parameters all = Parameters.of(manager, bundle.net().parameters(), bundle.weights())) {
      float[] y =
          compiled
              .infer(
                  manager.create(floats(name + ".x.f32"), new Shape(1, 1, 16, 24, 8)),
                  compiled.prepare(manager, all.under(part)))
              .logits()
              .toFloatArray();
      Torch.assertClose(floats(name + ".y.f32"), y, tolerance, name);
    }
  }

  private static float[] floats(String file) throws IOException {
    return Torch.floats(folder.resolve(file));
  }
}

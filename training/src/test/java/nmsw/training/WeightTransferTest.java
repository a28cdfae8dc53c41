package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.volume.Code;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightTransferTest {
  private static final Code RIGHT = new Code("SCT", "24028007", "Right");
  private static final Code LEFT = new Code("SCT", "7771000", "Left");

  @TempDir private Path folder;

  private static LabelClass organ(int index, String name, String code, Code side) {
    return new LabelClass(
        index,
        name,
        name,
        new Code("SCT", "123037004", "Anatomical Structure"),
        new Code("SCT", code, "meaning of " + name),
        Optional.ofNullable(side),
        Optional.empty(),
        Optional.empty(),
        0x102030);
  }

  private static final LabelTable OLD =
      new LabelTable(
          List.of(
              organ(1, "kidney_right", "64033007", RIGHT),
              organ(2, "kidney_left", "64033007", LEFT),
              organ(3, "node_a", "59441001", null),
              organ(4, "node_b", "59441001", null)));

  /** The left kidney under another name, an organ that is new, and one of two nodes of the same code. */
  private static final LabelTable NEW =
      new LabelTable(
          List.of(
              organ(1, "niere_links", "64033007", LEFT),
              organ(2, "spleen", "78961009", null),
              organ(3, "node_b", "59441001", null),
              organ(4, "kidney_right", "0815", null),
              organ(5, "node_c", "59441001", null)));

  @Test
  void classesAreMatchedByConceptThenByName() {
    ClassMatching matching = ClassMatching.of(OLD, NEW);
    assertEquals(List.of(0, 2, -1, 4, 1, -1), matching.known());
    assertEquals("3 classes known, new: spleen, node_c", matching.toString());
  }

  @Test
  void rowsOfClassesInCommonAreCopiedAndOthersDrawn() throws IOException {
    Recipe recipe = recipe("");
    Map<String, Tensor> old = weights(recipe, 5, 1);
    Map<String, Tensor> drawn = weights(recipe, 6, 2);
    ClassMatching matching = ClassMatching.of(OLD, NEW);
    Map<String, Tensor> result =
        new WeightTransfer(recipe, bundle(recipe, old), matching).into(drawn);

    assertArrayEquals(
        old.get("local.d1.w0").values(), result.get("local.d1.w0").values(), "shared");
    assertArrayEquals(old.get("head.w0").values(), result.get("head.w0").values(), "shared");
    float[] c = old.get(NmswNet.CLASS_WEIGHT).values();
    float[] fresh = drawn.get(NmswNet.CLASS_WEIGHT).values();
    assertArrayEquals(
        new float[] {c[0], c[2], fresh[2], c[4], c[1], fresh[5]},
        result.get(NmswNet.CLASS_WEIGHT).values());
    // The last block's second convolution goes from classes to classes.
    for (String part : List.of("global.", "local.")) {
      Tensor before = old.get(part + "u1.w");
      Tensor after = result.get(part + "u1.w");
      for (int to = 0; to < 6; to++) {
        for (int from = 0; from < 6; from++) {
          int oldTo = matching.known().get(to);
          int oldFrom = matching.known().get(from);
          for (int tap = 0; tap < 27; tap++) {
            float expected =
                oldTo < 0 || oldFrom < 0
                    ? drawn.get(part + "u1.w").values()[(to * 6 + from) * 27 + tap]
                    : before.values()[(oldTo * 5 + oldFrom) * 27 + tap];
            assertEquals(expected, after.values()[(to * 6 + from) * 27 + tap], 0);
          }
        }
      }
    }
  }

  @Test
  void aSlidingWindowTakesTheLocalNetworkAlone() throws IOException {
    Recipe nmsw = recipe("");
    Recipe sw = recipe("method: sw\n");
    Map<String, Tensor> old = weights(nmsw, 5, 1);
    Map<String, Tensor> drawn = weights(sw, 5, 2);
    Map<String, Tensor> result =
        new WeightTransfer(sw, bundle(nmsw, old), ClassMatching.of(OLD, OLD)).into(drawn);
    assertArrayEquals(old.get("local.u1.w").values(), result.get("local.u1.w").values());
    assertArrayEquals(drawn.get("global.d0.w0").values(), result.get("global.d0.w0").values());
  }

  @Test
  void anotherNetworkIsRefusedByTheFirstParameterThatDoesNotFit() throws IOException {
    Recipe recipe = recipe("");
    ModelBundle parent = bundle(recipe, weights(recipe, 5, 1));
    for (List<String> change :
        List.of(
            List.of("local: {backbone: unet, channels: [4, 6, 6]}",
                "local: {backbone: unet, channels: [4, 6, 8]}", "local.d2.w0"),
            List.of("global: {backbone: unet, channels: [4, 6, 6]}",
                "global: {backbone: unet, channels: [4, 6, 6, 8]}", "global.d2.wr"))) {
      Path file = folder.resolve("other.yaml");
      Files.writeString(
          file, TrainerTest.yaml(3, "unused").replace(change.get(0), change.get(1)));
      Recipe other = Recipe.read(file);
      WeightTransfer transfer = new WeightTransfer(other, parent, ClassMatching.of(OLD, OLD));
      String said =
          assertThrows(
                  IllegalArgumentException.class, () -> transfer.into(weights(other, 5, 2)))
              .getMessage();
      assertTrue(said.contains("parameter " + change.get(2) + " "), said);
    }
  }

  private Recipe recipe(String more) throws IOException {
    Path file = folder.resolve("recipe.yaml");
    Files.writeString(file, TrainerTest.yaml(3, "unused") + more);
    return Recipe.read(file);
  }

  private static ModelBundle bundle(Recipe recipe, Map<String, Tensor> weights) {
    return new ModelBundle(recipe.modelDescription(), OLD, "", weights);
  }

  /** Random values, for class weights too, which are constant at first. */
  private static Map<String, Tensor> weights(Recipe recipe, int classes, long seed) {
    List<ParameterSpec> specs = new ArrayList<>();
    for (ParameterSpec spec : recipe.net(classes).parameters()) {
      specs.add(
          new ParameterSpec(
              spec.name(), spec.shape(), new ParameterSpec.Init(0, 1), spec.decay()));
    }
    return Parameters.initialValues(specs, seed);
  }
}

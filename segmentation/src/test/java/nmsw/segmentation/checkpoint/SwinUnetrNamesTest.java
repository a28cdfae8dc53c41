package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.SwinUnetr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwinUnetrNamesTest {
  private static final SwinUnetr NET = new SwinUnetr(4, List.of(1, 2, 1, 1), List.of(1, 2, 2, 4), 2, 3);

  @TempDir Path folder;

  /** Names as MONAI's own documentation of its modules composes them, one of every kind. */
  @Test
  void everyKindOfParameterHasItsPublicName() {
    Map<String, String> expected = new HashMap<>();
    expected.put("embed.w", "swinViT.patch_embed.proj.weight");
    expected.put("s0.b0.n1w", "swinViT.layers1.0.blocks.0.norm1.weight");
    expected.put("s1.b1.qkv_b", "swinViT.layers2.0.blocks.1.attn.qkv.bias");
    expected.put("s3.b0.table", "swinViT.layers4.0.blocks.0.attn.relative_position_bias_table");
    expected.put("s2.b0.fc2_w", "swinViT.layers3.0.blocks.0.mlp.linear2.weight");
    expected.put("s3.merge.w", "swinViT.layers4.0.downsample.reduction.weight");
    expected.put("s0.merge.nb", "swinViT.layers1.0.downsample.norm.bias");
    expected.put("enc10.w2", "encoder10.layer.conv2.conv.weight");
    expected.put("enc1.w3", "encoder1.layer.conv3.conv.weight");
    expected.put("dec5.wt", "decoder5.transp_conv.conv.weight");
    expected.put("dec1.w1", "decoder1.conv_block.conv1.conv.weight");
    expected.put("out.b", "out.conv.conv.bias");
    expected.forEach((ours, theirs) -> assertEquals(theirs, SwinUnetrNames.tensor(ours)));

    Set<String> names = new TreeSet<>();
    NET.parameters().forEach(spec -> assertTrue(names.add(SwinUnetrNames.tensor(spec.name())), spec.name()));
  }

  @Test
  void aStateDictIsTakenWholeAndItsIndicesAreChecked() throws IOException {
    Map<String, Tensor> theirs = new LinkedHashMap<>();
    Map<String, Tensor> ours;
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = Parameters.initialise(manager, NET.parameters(), 3)) {
      ours = parameters.tensors();
    }
    ours.forEach((name, tensor) -> theirs.put(SwinUnetrNames.tensor(name), tensor));
    // Windows of 2: the difference of two voxels' places is -1, 0 or 1 on each axis, so there are 27 positions.
    float[] indices = new float[64];
    for (int from = 0; from < 8; from++) {
      for (int to = 0; to < 8; to++) {
        indices[8 * from + to] =
            13 + 9 * ((from >> 2) - (to >> 2)) + 3 * ((from >> 1 & 1) - (to >> 1 & 1)) + (from & 1) - (to & 1);
      }
    }
    String name = "swinViT.layers1.0.blocks.0.attn.relative_position_index";
    theirs.put(name, new Tensor(new Shape(8, 8), indices));

    Map<String, Tensor> read = new HashMap<>();
    assertEquals(List.of(), read(theirs, read));
    ours.forEach(
        (parameter, tensor) ->
            assertArrayEquals(tensor.values(), read.get(NmswNet.LOCAL + parameter).values(), parameter));

    indices[9] += 1;
    List<String> problems = read(theirs, new HashMap<>());
    assertEquals(1, problems.size());
    assertTrue(problems.get(0).contains(name + " holds 14 for voxels 1 and 1, not 13"), problems.toString());
  }

  private List<String> read(Map<String, Tensor> tensors, Map<String, Tensor> weights) throws IOException {
    Path file = folder.resolve("swin.safetensors");
    Safetensors.write(file, tensors, Safetensors.Type.F32);
    try (Checkpoint checkpoint = Checkpoint.open(file, "")) {
      Matching matching = new Matching(checkpoint, NameMapping.none());
      matching.backbone(NmswNet.LOCAL, NET);
      matching.finish();
      matching.read(weights);
      return matching.problems();
    }
  }
}

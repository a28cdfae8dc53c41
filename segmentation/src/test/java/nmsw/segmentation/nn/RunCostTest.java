package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Analytic costs against {@code backbones.json}. */
class RunCostTest {
  private static final Int3 PATCH = Int3.cube(128);

  enum Net {
    UNET("unet", UNet::ofPaper, RunCostTest::unetRow),
    MEDNEXT("mednext_m_k3", MedNeXt::ofPaper, RunCostTest::mednextRow),
    SWIN("swin_unetr_24", SwinUnetr::ofPaper, RunCostTest::swinRow);

    private final String golden;
    private final IntFunction<Backbone> ofPaper;
    private final Function<String, String> layer;

    Net(String golden, IntFunction<Backbone> ofPaper, Function<String, String> layer) {
      this.golden = golden;
      this.ofPaper = ofPaper;
      this.layer = layer;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPatchCostsWhatGoldenSays(Net net) {
    JsonNode golden = Golden.read("backbones.json").path(net.golden);
    for (int classes : new int[] {14, 17, 25, 27}) {
      JsonNode expected = golden.path(Integer.toString(classes));
      Backbone backbone = net.ofPaper.apply(classes);
      RunCost cost = RunCost.of(backbone.costs(PATCH));

      assertEquals(expected.path("params").asLong(), backbone.paperParameterCount());
      assertEquals(expected.path("true_mac_128").asLong(), cost.macs());
      assertEquals(expected.path("op_counter_128").asLong(), cost.countedOperations());
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyLayerCostsWhatGoldenSays(Net net) {
    JsonNode rows =
        Golden.read("backbones.json")
            .path(net.golden)
            .path("rows_nc14_128(name,params,true_mac,op_counter_conv_linear)");
    Map<String, LayerCost> costs = new LinkedHashMap<>();
    net.ofPaper.apply(14).costs(PATCH).forEach(cost -> costs.put(cost.layer(), cost));
    Set<String> found = new HashSet<>();
    for (JsonNode row : rows) {
      String name = row.get(0).asText();
      // The two scalars that no layer uses.
      if (!name.equals("dummy")) {
        LayerCost cost = costs.get(net.layer.apply(name));
        assertTrue(found.add(cost.layer()), name);
        assertEquals(row.get(1).asLong(), cost.parameters(), name);
        assertEquals(row.get(2).asLong(), cost.macs(), name);
        assertEquals(row.get(3).asLong(), cost.countedOperations(), name);
      }
    }
    costs.keySet().removeAll(found);
    String normsAndSlopes = "[du]\\d\\.a[01t]?|s\\d\\.(b\\d\\.(norm[12]|softmax)|merge\\.norm)|(enc|dec)\\d+\\.norms";
    assertTrue(costs.keySet().stream().allMatch(name -> name.matches(normsAndSlopes)), costs.toString());
  }

  @ParameterizedTest
  @EnumSource
  void everyParameterBelongsToOneLayer(Net net) {
    Backbone backbone = net.ofPaper.apply(5);

    assertEquals(
        backbone.parameterCount(),
        backbone.costs(new Int3(32, 64, 96)).stream().mapToLong(LayerCost::parameters).sum());
  }

  @ParameterizedTest
  @EnumSource
  void sizesThatTheNetworkCannotHalveAreRefused(Net net) {
    Backbone backbone = net.ofPaper.apply(5);

    assertThrows(IllegalArgumentException.class, () -> backbone.costs(new Int3(32, 32, 40)));
    assertThrows(IllegalArgumentException.class, () -> backbone.costs(new Int3(32, 0, 32)));
  }

  @Test
  void theGlobalNetworkCostsWhatGoldenSays() {
    JsonNode golden = Golden.read("backbones.json");
    RunCost cost = RunCost.of(UNet.ofPaper(14).costs(Int3.cube(160)));

    assertEquals(golden.path("global_unet_160").path("true_mac").asLong(), cost.macs());
    assertEquals(golden.path("global_unet_160").path("op_counter").asLong(), cost.countedOperations());
  }

  @Test
  void theHeadCostsWhatGoldenSays() {
    JsonNode golden = Golden.read("backbones.json").path("head_32ch_grid7");
    List<LayerCost> costs = ImportanceHead.costs(32, Int3.cube(7));

    assertEquals(golden.path("mac").asLong(), RunCost.of(costs).macs());
    assertEquals(
        golden.path("params").asLong(), costs.stream().mapToLong(LayerCost::parameters).sum());
  }

  @ParameterizedTest
  @EnumSource
  void runsCostWhatGoldenSaysOfTableOne(Net net) {
    JsonNode golden = Golden.read("backbones.json");
    long head = golden.path("head_32ch_grid7").path("mac").asLong();
    JsonNode row = null;
    for (JsonNode candidate : golden.path("table1_480cube_14ch")) {
      if (candidate.path("net").asText().equals(net.golden)) {
        row = candidate;
      }
    }
    PatchGrid grid = PatchGrid.of(Int3.cube(480), PATCH, 0.5);
    NmswNet nmsw = new NmswNet(UNet.ofPaper(14), net.ofPaper.apply(14));
    RunCost sliding = RunCost.slidingWindow(nmsw.local(), grid);
    RunCost five = RunCost.nmsw(nmsw, grid, Int3.cube(3), 5);
    RunCost thirty = RunCost.nmsw(nmsw, grid, Int3.cube(3), 30);

    assertTera(row.path("true_TMAC").get(0), sliding.macs());
    assertTera(row.path("true_TMAC").get(1), five.macs() - head);
    assertTera(row.path("true_TMAC").get(2), thirty.macs() - head);
    assertTera(row.path("op_counter_T").get(0), sliding.countedOperations());
    assertTera(row.path("op_counter_T").get(1), five.countedOperations() - head);
    assertTera(row.path("op_counter_T").get(2), thirty.countedOperations() - head);
  }

  @Test
  void noMorePatchesAreCountedThanThereAre() {
    NmswNet net = new NmswNet(new UNet(List.of(2, 2, 2), 3), new UNet(List.of(2, 2, 2), 3));
    PatchGrid grid = PatchGrid.of(new Int3(32, 16, 16), Int3.cube(16), 0.5);

    assertEquals(
        RunCost.nmsw(net, grid, Int3.cube(2), 3), RunCost.nmsw(net, grid, Int3.cube(2), 1000));
  }

  @Test
  void aVolumeThatIsNoMultipleOfTheRateIsRefused() {
    NmswNet net = new NmswNet(new UNet(List.of(2, 2, 2), 3), new UNet(List.of(2, 2, 2), 3));
    PatchGrid grid = PatchGrid.of(Int3.cube(25), Int3.cube(16), 0.5);

    assertThrows(IllegalArgumentException.class, () -> RunCost.nmsw(net, grid, Int3.cube(3), 1));
  }

  private static void assertTera(JsonNode expected, long actual) {
    assertEquals(expected.asDouble() * 1e12, actual, 1);
  }

  /** Our layer of a golden row: {@code down0.c1} is {@code d0.w1}, {@code up2.t} is {@code u2.wt}. */
  private static String unetRow(String row) {
    return row.replace("down", "d")
        .replace("up", "u")
        .replace(".res", ".wr")
        .replace(".t", ".wt")
        .replaceFirst("\\.c(\\d?)$", ".w$1");
  }

  private static String mednextRow(String row) {
    return row.replaceFirst("^(stem|out)$", "$1.w")
        .replace(".dwT", ".dw")
        .replace(".gn", ".gw")
        .replace(".exp", ".w2")
        .replace(".cmp", ".w3")
        .replace(".res", ".wr");
  }

  private static String swinRow(String row) {
    return row.replaceFirst("^patch_embed$", "embed.w")
        .replaceFirst("^out$", "out.w")
        .replaceFirst("\\.(n[12])$", ".$1w")
        .replaceFirst("\\.(qkv|proj|fc[12])$", ".$1_w")
        .replace(".relpos", ".table")
        .replaceFirst("\\.attn$", ".attention")
        .replaceFirst("^(s\\d)\\.mn$", "$1.merge.nw")
        .replaceFirst("^(s\\d\\.merge)$", "$1.w")
        .replaceFirst("\\.t$", ".wt")
        .replaceFirst("(\\.b)?\\.c(\\d)$", ".w$2");
  }
}

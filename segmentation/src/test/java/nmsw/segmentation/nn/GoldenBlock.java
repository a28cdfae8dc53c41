package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Compares one block of a network, forward and all gradients, with {@code layers_unet_mednext.json}. */
final class GoldenBlock {
  private GoldenBlock() {}

  /**
   * @param unnamed parameters under an empty block name, so that they begin with a dot
   * @param emit writes the block on its one or two inputs
   */
  static void check(
      NDManager manager,
      String name,
      List<ParameterSpec> unnamed,
      BiFunction<ScriptBody, List<String>, String> emit) {
    JsonNode golden = Golden.read("layers_unet_mednext.json").path(name);
    List<ParameterSpec> specs = new ArrayList<>(unnamed);
    List<NDArray> weights = new ArrayList<>();
    for (ParameterSpec spec : specs) {
      JsonNode value = golden.path("params").path(spec.name().substring(1));
      assertEquals(spec.shape(), Golden.shape(value), spec.name());
      weights.add(Golden.array(manager, value));
    }
    assertEquals(golden.path("params").size(), specs.size());
    NDArray x = Golden.array(manager, golden.path("inputs").get(0));
    NDArray skip =
        golden.path("inputs").size() > 1
            ? Golden.array(manager, golden.path("inputs").get(1))
            : manager.create(0.0);
    NDArray upstream = Golden.array(manager, golden.path("dL_dout"));
    for (Form form : List.of(Form.EXACT, Form.FAST)) {
      ScriptBody body = new ScriptBody(form, specs);
      String result = emit.apply(body, List.of(body.input("x"), "s"));
      String script =
          "  def forward(self: __torch__.Net, x: Tensor, s: Tensor, p: List[Tensor]) -> Tensor:\n"
              + body.text()
              + "    return "
              + result
              + "\n";
      List<NDArray> leaves = new ArrayList<>(weights);
      leaves.add(x);
      if (golden.path("inputs").size() > 1) {
        leaves.add(skip);
      }
      leaves.forEach(leaf -> leaf.setRequiresGradient(true));
      try (ScriptModule module = ScriptModule.compile(manager, script);
          GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        collector.zeroGradients();
        NDArray out = module.call("forward", List.of(x, skip), weights, true).singletonOrThrow();
        Golden.assertClose(golden.path("out"), out.toDoubleArray(), 1e-9, name + " " + form);
        collector.backward(out.mul(upstream).sum());
        for (int i = 0; i < specs.size(); i++) {
          String parameter = specs.get(i).name().substring(1);
          Golden.assertClose(
              golden.path("grad_params").path(parameter),
              weights.get(i).getGradient().toDoubleArray(),
              1e-9,
              name + " gradient of " + parameter);
        }
        Golden.assertClose(
            golden.path("grad_inputs").get(0),
            x.getGradient().toDoubleArray(),
            1e-9,
            name + " gradient of the input");
        if (golden.path("inputs").size() > 1) {
          Golden.assertClose(
              golden.path("grad_inputs").get(1),
              skip.getGradient().toDoubleArray(),
              1e-9,
              name + " gradient of the skip");
        }
      }
      leaves.forEach(leaf -> leaf.setRequiresGradient(false));
    }
  }
}

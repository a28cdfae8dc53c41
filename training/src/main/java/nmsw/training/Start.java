package nmsw.training;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.NmswNet;
import nmsw.segmentation.nn.Parameters;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.volume.LabelTable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run begins with.
 *
 * @param weights of the recipe's network
 * @param parent the model that they are of; empty if they were drawn
 */
record Start(Map<String, Tensor> weights, Optional<ModelBundle.Parent> parent) {
  private static final Logger LOG = LoggerFactory.getLogger(Start.class);

  /**
   * Weights drawn from the recipe's seed, or those of the model that the recipe fine-tunes.
   *
   * @param table the classes that are to be learned
   * @throws IOException if that model can not be read or its networks are others
   */
  static Start of(Recipe recipe, LabelTable table) throws IOException {
    NmswNet net = recipe.net(table.classes().size() + 1);
    Map<String, Tensor> drawn = Parameters.initialValues(net.parameters(), recipe.seed());
    if (recipe.from() == null) {
      return new Start(drawn, Optional.empty());
    }
    Path folder = Path.of(recipe.from().bundle());
    ModelBundle parent = ModelBundle.load(folder);
    ClassMatching matching = ClassMatching.of(parent.labels(), table);
    try {
      Map<String, Tensor> weights =
          new WeightTransfer(recipe, parent, matching).into(drawn);
      LOG.info("begins with {}: {}", folder, matching);
      return new Start(weights, Optional.of(parent.asParent(folder)));
    } catch (IllegalArgumentException e) {
      throw new IOException(folder + ": " + e.getMessage(), e);
    }
  }
}

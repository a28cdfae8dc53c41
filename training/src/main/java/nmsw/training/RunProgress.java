package nmsw.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import nmsw.segmentation.nn.Int3;
import nmsw.training.report.RunCsv;
import nmsw.training.report.RunReport;
import nmsw.training.report.ValidationPictures;
import nmsw.volume.LabelTable;

/** Keeps a run's report up to date: at each validation the pictures, {@code class-weights.csv} and the page. */
final class RunProgress implements Trainer.Progress {
  private final Path folder;
  private final Recipe recipe;
  private final LabelTable table;
  private final Trainer.Progress next;
  private final RunReport report;

  /**
   * @param folder of the run
   * @param next told of every iteration
   */
  RunProgress(Path folder, Recipe recipe, LabelTable table, Trainer.Progress next) {
    this.folder = folder;
    this.recipe = recipe;
    this.table = table;
    this.next = next;
    this.report = report(folder, recipe, table);
  }

  static RunReport report(Path folder, Recipe recipe, LabelTable table) {
    return new RunReport(folder, keys(recipe), table);
  }

  /** Every key of the recipe that is set. */
  private static Map<String, String> keys(Recipe recipe) {
    Map<String, String> keys = new LinkedHashMap<>();
    JsonNode tree = new ObjectMapper().valueToTree(recipe);
    tree.fields()
        .forEachRemaining(
            key -> {
              if (!key.getValue().isNull()) {
                keys.put(
                    key.getKey(), key.getValue().isTextual() ? key.getValue().asText() : key.getValue().toString());
              }
            });
    return keys;
  }

  @Override
  public void done(int iteration, NmswLoss.Terms terms) {
    next.done(iteration, terms);
  }

  @Override
  public void validated(
      int iteration, Sample sample, TrainingStep.Prediction prediction, double[] classWeight)
      throws IOException {
    ValidationPictures pictures =
        new ValidationPictures(
            sample.size(), recipe.spacingVector(), hounsfield(sample), sample.labels(), table);
    report.keep("image", pictures.image());
    report.keep("truth", pictures.truth());
    report.keep(
        RunReport.ofIteration(iteration),
        pictures.prediction(prediction.labels(), prediction.patches(), Int3.cube(recipe.patch())));
    StringBuilder header = new StringBuilder("iteration");
    StringBuilder line = new StringBuilder().append(iteration);
    for (int i = 0; i < table.classes().size(); i++) {
      header.append(',').append(RunCsv.field(table.classes().get(i).name()));
      line.append(String.format(Locale.ROOT, ",%.5f", classWeight[i + 1]));
    }
    new RunCsv(folder.resolve("class-weights.csv")).append(header.toString(), line.toString());
    report.write();
  }

  /** What the window kept of them. */
  private float[] hounsfield(Sample sample) {
    double low = recipe.window().get(0);
    double width = recipe.window().get(1) - low;
    float[] values = new float[sample.image().length];
    for (int v = 0; v < values.length; v++) {
      values[v] = (float) (low + sample.image()[v] * width);
    }
    return values;
  }
}

package nmsw.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import nmsw.segmentation.SelectionRequest;

/**
 * What is trained and measured for the paper's table in miniature; read from YAML, unknown keys are refused.
 *
 * @param base the recipe that all runs share, without name, version, seed and local network
 * @param quick keys of the recipe that differ in a quick check on phantoms
 * @param backbones local network by name, as in a recipe
 * @param trainings by name the keys of the recipe that make the method
 * @param rows of the table
 * @param seeds of the repetitions
 */
record MiniatureGrid(
    ObjectNode base,
    ObjectNode quick,
    LinkedHashMap<String, ObjectNode> backbones,
    LinkedHashMap<String, ObjectNode> trainings,
    List<Row> rows,
    List<Long> seeds) {
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  private static final String NAME = "[A-Za-z0-9-]+";

  /**
   * A line of the table: a training, seen through a selection of patches.
   *
   * @param name of the row, part of file names
   * @param title for people
   * @param training whose models are measured
   * @param selection which patches
   * @param k number of patches; absent for all that the selection takes
   * @param draws measurements per model that are averaged, with seeds 0, 1, ...; one where it is left out
   */
  record Row(String name, String title, String training, String selection, Integer k, Integer draws) {
    Row {
      requireName("rows", name);
      SelectionRequest.Kind.parse(selection);
      draws = draws == null ? 1 : draws;
      title = title == null ? name : title;
    }
  }

  /**
   * One training run.
   *
   * @param folder below that of all runs
   */
  record Run(String backbone, String training, long seed) {
    Path folder() {
      return Path.of(backbone, training, "seed-" + seed);
    }
  }

  MiniatureGrid {
    requirePresent("base", base);
    requirePresent("quick", quick);
    requirePresent("backbones", backbones);
    requirePresent("trainings", trainings);
    requirePresent("rows", rows);
    requirePresent("seeds", seeds);
    rows = List.copyOf(rows);
    seeds = List.copyOf(seeds);
    backbones.keySet().forEach(name -> requireName("backbones", name));
    trainings.keySet().forEach(name -> requireName("trainings", name));
    for (Row row : rows) {
      if (!trainings.containsKey(row.training())) {
        throw new IllegalArgumentException("row " + row.name() + ": no training " + row.training());
      }
    }
  }

  private static void requirePresent(String key, Object value) {
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
  }

  private static void requireName(String key, String name) {
    if (name == null || !name.matches(NAME)) {
      throw new IllegalArgumentException(key + ": name '" + name + "' must be letters, digits and -");
    }
  }

  /**
   * @throws IOException if the file is no grid, or one of its runs has no recipe
   */
  static MiniatureGrid read(Path file) throws IOException {
    try {
      return YAML.readValue(file.toFile(), MiniatureGrid.class);
    } catch (IllegalArgumentException | JsonProcessingException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** The same with one seed and one draw, for a quick check. */
  MiniatureGrid once() {
    List<Row> single =
        rows.stream()
            .map(r -> new Row(r.name(), r.title(), r.training(), r.selection(), r.k(), 1))
            .toList();
    return new MiniatureGrid(base, quick, backbones, trainings, single, seeds.subList(0, 1));
  }

  /** All runs in the order in which they are made: a backbone's seeds one after the other, each with all trainings. */
  List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    for (String backbone : backbones.keySet()) {
      for (long seed : seeds) {
        trainings.keySet().forEach(training -> runs.add(new Run(backbone, training, seed)));
      }
    }
    return runs;
  }

  /** The rows that are measured on a run's model. */
  List<Row> rows(Run run) {
    return rows.stream().filter(row -> row.training().equals(run.training())).toList();
  }

  /**
   * Writes the recipe of a run.
   *
   * @param grid the grid's file, next to which its label table is
   * @param data in place of the recipe's
   */
  void writeRecipe(Run run, boolean onPhantoms, Path grid, Optional<String> data, Path file)
      throws IOException {
    ObjectNode recipe = base.deepCopy();
    if (onPhantoms) {
      recipe.setAll(quick);
    }
    recipe.put("name", "miniature-" + run.backbone() + "-" + run.training());
    recipe.put("version", Long.toString(run.seed()));
    recipe.put("seed", run.seed());
    recipe.set("local", backbones.get(run.backbone()));
    recipe.setAll(trainings.get(run.training()));
    JsonNode labels = recipe.get("labels");
    if (labels != null) {
      recipe.put("labels", grid.toAbsolutePath().resolveSibling(labels.asText()).normalize().toString());
    }
    data.ifPresent(folder -> recipe.put("data", folder));
    Files.createDirectories(file.getParent());
    Files.writeString(file, YAML.writeValueAsString(recipe));
    Recipe.read(file);
  }
}

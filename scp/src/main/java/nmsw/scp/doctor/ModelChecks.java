package nmsw.scp.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Whether the models that are there, and those that routes name, can be run. */
final class ModelChecks {
  private static final int MOST = 100;

  /** Loads a model's live version, checksum and all, runs it once and tells about it. */
  interface Trial {
    String run(String name) throws IOException;
  }

  private ModelChecks() {}

  /**
   * @param models folder of the bundles
   * @param routed names that the configuration's routes use
   */
  static List<Check> of(Path models, Collection<String> routed, Trial trial) {
    Set<String> names = new TreeSet<>(routed);
    try (Stream<Path> folders = Files.list(models)) {
      folders
          .filter(folder -> Files.exists(folder.resolve("current")))
          .limit(MOST)
          .forEach(folder -> names.add(folder.getFileName().toString()));
    } catch (IOException e) {
      return List.of(
          Check.wrong(
              "models",
              models + " cannot be read",
              "set modelsDirectory, or --models, to their folder"));
    }
    if (names.isEmpty()) {
      return List.of(
          Check.wrong(
              "models", "none in " + models, "install one as NAME/VERSION/ with NAME/current naming it"));
    }
    List<Check> checks = new ArrayList<>();
    for (String name : names) {
      checks.add(one(name, trial));
    }
    return checks;
  }

  private static Check one(String name, Trial trial) {
    long start = System.nanoTime();
    try {
      String found = trial.run(name);
      double seconds = (System.nanoTime() - start) / 1e9;
      return Check.good(
          "model " + name,
          found + String.format(Locale.ROOT, "; checked, loaded and tried in %.1f s", seconds));
    } catch (IOException | RuntimeException e) {
      return Check.wrong("model " + name, String.valueOf(e.getMessage()), "install the model again");
    }
  }
}

package nmsw.scp.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which model is run: a name among the bundles, in the version that its {@code current} file names. */
final class ModelOptions {
  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Folder of the model bundles (default: config/models of this installation).")
  private Path models = Path.of(System.getProperty("nmsw.root", "."), "config", "models");

  @Option(
      names = "--model",
      paramLabel = "NAME",
      defaultValue = "abdomen-phantom",
      description = "The model (default: ${DEFAULT-VALUE}).")
  private String name;

  Path models() {
    return models;
  }

  String name() {
    return name;
  }
}

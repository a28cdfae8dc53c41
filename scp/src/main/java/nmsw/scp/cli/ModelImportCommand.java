package nmsw.scp.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.checkpoint.ImportRefusal;
import nmsw.segmentation.checkpoint.ModelImport;
import nmsw.segmentation.checkpoint.NameMapping;
import nmsw.volume.LabelTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "import",
    description = {
      "Makes a model bundle of weights trained with PyTorch: a zip file of torch.save (state dicts only; no"
          + " code in it is run) or safetensors. Names of MONAI's UNet and the published MedNeXt are known;"
          + " others are given by --mapping, see docs/OPERATIONS.md."
    },
    mixinStandardHelpOptions = true)
final class ModelImportCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Checkpoint with both networks.")
  private Path file;

  @Option(
      names = "--global",
      paramLabel = "FILE",
      description = "Checkpoint of the global network alone, with --local in place of FILE.")
  private Path global;

  @Option(
      names = "--local",
      paramLabel = "FILE",
      description = "Checkpoint of the local network alone, with --global in place of FILE.")
  private Path local;

  @Option(names = "--to", required = true, paramLabel = "DIR", description = "Folder of the new bundle.")
  private Path to;

  @Option(
      names = "--description",
      required = true,
      paramLabel = "model.yaml",
      description = "What the model is, as in a bundle; weightsSha256 may be left out.")
  private Path description;

  @Option(
      names = "--classes",
      required = true,
      paramLabel = "classes.csv",
      description = "Its classes, numbered as the checkpoint's outputs are.")
  private Path classes;

  @Option(
      names = "--mapping",
      paramLabel = "FILE",
      description = "YAML file that says which tensor gives which parameter.")
  private Path mapping;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    boolean whole = file != null && global == null && local == null;
    boolean parts = file == null && global != null && local != null;
    if (!whole && !parts) {
      throw new ParameterException(
          spec.commandLine(), "give either one FILE with both networks, or --global FILE and --local FILE");
    }
    if (Files.exists(to.resolve("model.yaml"))) {
      throw new ParameterException(
          spec.commandLine(), to + " holds a model already; choose another folder");
    }
    ModelImport importer = importer();
    ModelImport.Imported imported = whole ? importer.whole(file) : importer.parts(global, local);
    imported.bundle().save(to);
    ModelBundle.load(to);
    imported.summary().forEach(spec.commandLine().getOut()::println);
    spec.commandLine().getOut().println(to + ": imported, not validated");
    return ExitCode.DONE;
  }

  /** What the user says about the model is input like the weights: where it is wrong, it is refused. */
  private ModelImport importer() throws ImportRefusal {
    try {
      ModelDescription model = ModelBundle.readDescription(description);
      LabelTable labels = LabelTable.read(classes);
      return new ModelImport(
          model, labels, mapping == null ? NameMapping.none() : NameMapping.read(mapping));
    } catch (NoSuchFileException e) {
      throw new ImportRefusal(e.getFile() + ": there is no such file", e);
    } catch (IOException e) {
      throw new ImportRefusal(ExitCode.message(e), e);
    } catch (IllegalArgumentException e) {
      throw new ImportRefusal(description + ": " + e.getMessage(), e);
    }
  }
}

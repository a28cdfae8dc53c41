package nmsw.scp.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "phantom",
    description = {
      "Writes a synthetic abdomen CT series as DICOM (OUT/ct), its true labels (OUT/truth.nii.gz) and what the labels"
          + " mean (OUT/classes.csv)."
    },
    mixinStandardHelpOptions = true)
final class PhantomCommand implements Callable<Integer> {
  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to.")
  private Path out;

  @Mixin private PhantomOptions phantom;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    int files;
    try {
      phantom.check();
      files = phantom.write(out.resolve("ct")).size();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
    PhantomSeries.writeTruth(out.resolve("truth.nii.gz"), phantom.phantom(), phantom.stack());
    AbdomenPhantom.labelTable().write(out.resolve("classes.csv"));
    spec.commandLine().getOut().printf("%d files in %s, true labels in %s%n", files, out.resolve("ct"), out);
    return ExitCode.DONE;
  }
}

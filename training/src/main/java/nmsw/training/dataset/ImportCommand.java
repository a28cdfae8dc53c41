package nmsw.training.dataset;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import nmsw.dicom.deid.DeidentificationOptions;
import nmsw.dicom.deid.Deidentifier;
import nmsw.volume.LabelTable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Makes a data set of labelled studies. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 nothing of the source is in the data
 * set.
 */
@Command(
    name = "train import",
    mixinStandardHelpOptions = true,
    description = {
      "Takes labelled CT studies into a data set for training: checked, de-identified, split by patient.",
      "Run again it adds what is new; a case that is there never changes. Bad studies are listed and left out."
    })
public final class ImportCommand implements Callable<Integer> {
  private static final int NOTHING = 3;

  @Spec private CommandSpec spec;

  /** Where the studies are. */
  private static final class Origin {
    @Option(names = "--from", required = true, paramLabel = "DIR", description = "Folder of the labelled studies.")
    private Path folder;

    @ArgGroup(exclusive = false)
    private PacsOptions pacs;
  }

  @ArgGroup(multiplicity = "1")
  private Origin origin;

  @Option(names = "--to", required = true, paramLabel = "DIR", description = "Folder of the data set.")
  private Path to;

  @Option(
      names = "--layout",
      paramLabel = "LAYOUT",
      description = "How the studies are laid out: ${COMPLETION-CANDIDATES}; default: what fits.")
  private Layout layout;

  @Option(
      names = "--classes",
      paramLabel = "CSV",
      description = "Label table of the classes, see config/labels/; needed when a data set is begun.")
  private Path classes;

  @Option(
      names = "--mapping",
      paramLabel = "YAML",
      description = "Which class a local label means; default: names and values are the label table's.")
  private Path mapping;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "FILE",
      description = "Secret behind pseudonyms and split, made if it is missing. It stays outside of the data set.")
  private Path key;

  @Option(
      names = "--fractions",
      paramLabel = "A,B,C",
      description = "Share of the patients for train, validation and test; default: those of the data set, "
          + DataSetImport.USUAL_FRACTIONS + " for a new one.")
  private String fractions;

  @Option(
      names = "--keep-split",
      description = "Where the source says which part a study is in, it is in that part.")
  private boolean keepSplit;

  @Option(
      names = "--keep-names",
      description = "Cases are called as in the source, for public data; DICOM studies never are.")
  private boolean keepNames;

  @Option(
      names = "--source",
      defaultValue = "",
      paramLabel = "NAME",
      description = "Tells sources apart whose studies have the same names.")
  private String source;

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new ImportCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, commandLine, parsed) -> {
              if (!(failure instanceof IOException)) {
                throw failure;
              }
              commandLine.getErr().println(failure.getMessage());
              return CommandLine.ExitCode.SOFTWARE;
            });
  }

  @Override
  public Integer call() throws IOException {
    checkPacs();
    boolean retrieved = origin.pacs != null;
    DataSetImport task =
        new DataSetImport(
            retrieved ? origin.pacs.spool() : origin.folder,
            to,
            Optional.ofNullable(retrieved ? Layout.DICOM : layout),
            table(),
            Optional.ofNullable(mapping),
            key,
            given(),
            keepSplit,
            keepNames,
            source);
    try {
      if (retrieved) {
        task.checkRetrieval();
      } else {
        task.check();
      }
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    StudyImport.Outcome outcome =
        withProgress(progress -> retrieved ? retrieve(task, progress) : task.run(progress));
    print(outcome, DataSetImport.report(to));
    return outcome.added().isEmpty() && outcome.present() == 0 ? NOTHING : CommandLine.ExitCode.OK;
  }

  private static StudyImport.Outcome withProgress(Work work) throws IOException {
    if (System.console() == null) {
      return work.run((done, total) -> {});
    }
    try (ProgressBar bar = new ProgressBar("studies", 0)) {
      return work.run((done, total) -> bar.maxHint(total).stepTo(done));
    }
  }

  /** Imports what can tell how far it is. */
  private interface Work {
    StudyImport.Outcome run(StudyImport.Progress progress) throws IOException;
  }

  private StudyImport.Outcome retrieve(DataSetImport task, StudyImport.Progress progress) throws IOException {
    return task.importFrom(
        (studies, secret) -> {
          Deidentifier deidentifier = new Deidentifier(secret, DeidentificationOptions.BASIC);
          return origin.pacs.run(studies, deidentifier, spec.commandLine().getOut(), progress);
        });
  }

  private void checkPacs() throws IOException {
    if (origin.pacs == null) {
      return;
    }
    if (layout != null && layout != Layout.DICOM) {
      throw usage("--layout: what a PACS sends is DICOM");
    }
    try {
      origin.pacs.check();
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private List<Double> given() {
    if (fractions == null) {
      return List.of();
    }
    try {
      return SplitRule.parse(fractions);
    } catch (IllegalArgumentException e) {
      throw usage("--fractions: " + e.getMessage());
    }
  }

  private LabelTable table() throws IOException {
    Path own = to.resolve(DataSetFolder.CLASSES);
    if (classes == null && !Files.exists(own)) {
      throw usage("--classes is missing: a new data set needs its label table");
    }
    return LabelTable.read(classes == null ? own : classes);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(StudyImport.Outcome outcome, Path report) {
    PrintWriter out = spec.commandLine().getOut();
    for (StudyImport.Refused refused : outcome.refused()) {
      out.printf(
          "left out: %s%s: %s: %s%n  %s%n",
          LocalNames.printable(refused.name()),
          refused.caseName().isEmpty() || keepNames ? "" : " (" + refused.caseName() + ")",
          refused.code(),
          LocalNames.printable(refused.text()),
          refused.advice());
    }
    outcome
        .unknown()
        .forEach(
            (label, cases) ->
                out.printf(
                    "label '%s' is not in the mapping: background in %d cases%n", LocalNames.printable(label), cases));
    out.printf(
        "%d studies added, %d there before, %d left out; see %s%n",
        outcome.added().size(), outcome.present(), outcome.refused().size(), report);
  }
}

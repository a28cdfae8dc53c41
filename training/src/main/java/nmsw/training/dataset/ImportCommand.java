package nmsw.training.dataset;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import nmsw.dicom.deid.DeidentificationKey;
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
  private static final String USUAL_FRACTIONS = "0.7,0.1,0.2";

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
          + USUAL_FRACTIONS + " for a new one.")
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
    checkPlaces();
    checkPacs();
    List<Double> given = given();
    LabelTable table = table();
    LabelMapping labels = mapping == null ? LabelMapping.of(table) : LabelMapping.read(mapping, table);
    DeidentificationKey secret = DeidentificationKey.readOrCreate(key);
    Layout chosen = chosenLayout();
    if (chosen == Layout.DICOM && keepNames) {
      throw usage("--keep-names is for files that hold no patient; DICOM studies get pseudonyms");
    }
    try (DataSetFolder folder =
        DataSetFolder.open(to, secret, table, given, SplitRule.parse(USUAL_FRACTIONS))) {
      LocalNames names = new LocalNames(secret, source, keepNames);
      StudyImport task = new StudyImport(folder, secret, labels, names, keepSplit);
      StudyImport.Outcome outcome =
          origin.pacs == null
              ? withProgress(progress -> task.run(chosen.open(origin.folder, secret), progress))
              : withProgress(progress -> origin.pacs.run(task, deidentifier(secret), out(), progress));
      Path report = to.resolve("report.html");
      ImportReport.write(report, folder, outcome, keepNames);
      print(outcome, report);
      return outcome.added().isEmpty() && outcome.present() == 0 ? NOTHING : CommandLine.ExitCode.OK;
    }
  }

  private static Deidentifier deidentifier(DeidentificationKey secret) {
    return new Deidentifier(secret, DeidentificationOptions.BASIC);
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private Layout chosenLayout() throws IOException {
    if (origin.pacs != null && layout != null && layout != Layout.DICOM) {
      throw usage("--layout: what a PACS sends is DICOM");
    }
    return origin.pacs != null ? Layout.DICOM : layout == null ? Layout.detect(origin.folder) : layout;
  }

  /** Imports what can tell how far it is. */
  private interface Work {
    StudyImport.Outcome run(StudyImport.Progress progress) throws IOException;
  }

  private static StudyImport.Outcome withProgress(Work work) throws IOException {
    if (System.console() == null) {
      return work.run((done, total) -> {});
    }
    try (ProgressBar bar = new ProgressBar("studies", 0)) {
      return work.run((done, total) -> bar.maxHint(total).stepTo(done));
    }
  }

  /** The key would give the data set's patients away, and a data set within its source would be read as a study. */
  private void checkPlaces() throws IOException {
    if (origin.pacs == null && !Files.isDirectory(origin.folder)) {
      throw usage("--from: " + origin.folder + " is not a folder");
    }
    Path target = real(to);
    if (real(key).startsWith(target)) {
      throw usage("--key: " + key + " lies inside the data set, which must be shown to others without it");
    }
    if (origin.pacs == null) {
      Path from = real(origin.folder);
      if (target.startsWith(from) || from.startsWith(target)) {
        throw usage("--to: " + to + " and " + origin.folder + " must not lie within one another");
      }
    } else if (real(origin.pacs.spool()).startsWith(target)) {
      throw usage("--spool: " + origin.pacs.spool() + " lies inside the data set, which must hold nothing of patients");
    }
  }

  private void checkPacs() throws IOException {
    if (origin.pacs != null) {
      try {
        origin.pacs.check();
      } catch (IllegalArgumentException e) {
        throw usage(e.getMessage());
      }
    }
  }

  /** Where a path leads, links followed as far as it exists. */
  private static Path real(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path there = absolute;
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    return there.toRealPath().resolve(there.relativize(absolute));
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
    PrintWriter out = out();
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

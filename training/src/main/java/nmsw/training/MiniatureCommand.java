package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import nmsw.training.registry.ModelRegistry;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Trains and measures the paper's table in miniature. What is there is not made again, so that it can be stopped at any time
 * and goes on with the next call. Exit codes: 0 all is there, 1 something failed, 2 wrong usage.
 */
@Command(
    name = "miniature",
    mixinStandardHelpOptions = true,
    description =
        "The paper's Table I at quarter scale: trains and measures what is missing of it, and writes the table.")
public final class MiniatureCommand implements Callable<Integer> {
  @Option(
      names = "--grid",
      paramLabel = "FILE",
      description = "What is trained and measured; default: config/training/miniature.yaml.")
  private Path gridFile =
      Path.of(System.getProperty("nmsw.root", "."), "config", "training", "miniature.yaml");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of all runs.")
  private Path out;

  @Option(names = "--quick", description = "A quick check on phantoms, one seed; not in a folder of other runs.")
  private boolean quick;

  @Option(names = "--data", paramLabel = "DIR", description = "Folder of the data, in place of the grid's.")
  private String data;

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      description = "Only the runs with this local network; may be given more than once.")
  private List<String> only = List.of();

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "2",
      description = "Runs at a time, one thread each; default: 2.")
  private int jobs;

  @Option(names = "--table", description = "Write the table of what is there and end.")
  private boolean tableOnly;

  public static void main(String[] args) {
    System.exit(new CommandLine(new MiniatureCommand()).execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    MiniatureGrid read = MiniatureGrid.read(gridFile);
    MiniatureGrid grid = quick ? read.once() : read;
    for (String backbone : only) {
      if (!grid.backbones().containsKey(backbone)) {
        System.err.println("there is no " + backbone + ", only " + grid.backbones().keySet());
        return CommandLine.ExitCode.USAGE;
      }
    }
    Files.createDirectories(out);
    List<String> failed = new ArrayList<>();
    if (!tableOnly) {
      Optional<Lease> lease = Lease.tryTake(out.resolve("lock"));
      if (lease.isEmpty()) {
        System.err.println(out + " is in use by another process");
        return CommandLine.ExitCode.USAGE;
      }
      try (Lease held = lease.get()) {
        failed = runAll(grid);
      }
    }
    MiniatureTable table = new MiniatureTable(grid, out);
    write(out.resolve("table.md"), table.markdown());
    write(out.resolve("table.csv"), table.csv());
    System.out.print(table.markdown());
    failed.forEach(System.err::println);
    return failed.isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private static void write(Path file, String text) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    Files.writeString(temporary, text);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Makes all runs that are asked for; says what failed. */
  private List<String> runAll(MiniatureGrid grid) throws InterruptedException {
    List<String> failed = new ArrayList<>();
    ExecutorService workers = Executors.newFixedThreadPool(jobs);
    try (ChildProcesses children = new ChildProcesses()) {
      List<Future<?>> pending = new ArrayList<>();
      for (MiniatureGrid.Run run : grid.runs()) {
        if (only.isEmpty() || only.contains(run.backbone())) {
          pending.add(
              workers.submit(
                  () -> {
                    make(grid, run, children);
                    return null;
                  }));
        }
      }
      for (Future<?> one : pending) {
        try {
          one.get();
        } catch (ExecutionException e) {
          failed.add(e.getCause().getMessage());
        }
      }
    } finally {
      workers.shutdownNow();
    }
    return failed;
  }

  private void make(MiniatureGrid grid, MiniatureGrid.Run run, ChildProcesses children)
      throws IOException, InterruptedException {
    Path folder = out.resolve(run.folder());
    Path recipe = folder.resolve("recipe.yaml");
    Path said = folder.resolve("output.txt");
    grid.writeRecipe(run, quick, gridFile, Optional.ofNullable(data), recipe);
    Files.createDirectories(folder.resolve("rows"));
    if (!Files.exists(folder.resolve(ModelRegistry.EVALUATION))) {
      long started = System.nanoTime();
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  recipe.toString(), "--out", folder.toString(), "--threads", "1",
                  "--cache", out.resolve("cases").toString()));
      if (Files.exists(folder.resolve("checkpoint.bin"))) {
        arguments.add("--resume");
      }
      require(children.run(TrainCommand.class, arguments, said), run, "training", said);
      report(run, "trained", started);
    }
    for (MiniatureGrid.Row row : grid.rows(run)) {
      for (int draw = 0; draw < row.draws(); draw++) {
        measure(run, row, draw, children);
      }
    }
  }

  private void measure(
      MiniatureGrid.Run run, MiniatureGrid.Row row, int draw, ChildProcesses children)
      throws IOException, InterruptedException {
    Path folder = out.resolve(run.folder());
    Path metrics = MiniatureTable.metrics(folder, row, draw);
    if (Files.exists(metrics)) {
      return;
    }
    long started = System.nanoTime();
    Path temporary = metrics.resolveSibling("measuring.csv");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                folder.resolve("recipe.yaml").toString(),
                "--model", folder.resolve("bundle").toString(),
                "--out", temporary.toString(),
                "--efforts", MiniatureTable.efforts(folder, row, draw).toString(),
                "--selection", row.selection(),
                "--seed", Integer.toString(draw),
                "--threads", "1"));
    if (row.k() != null) {
      arguments.addAll(List.of("--k", row.k().toString()));
    }
    Path said = folder.resolve("output.txt");
    require(children.run(EvaluateCommand.class, arguments, said), run, "row " + row.name(), said);
    Files.move(temporary, metrics, StandardCopyOption.ATOMIC_MOVE);
    report(run, row.name() + " measured", started);
  }

  private static void require(int code, MiniatureGrid.Run run, String what, Path said)
      throws IOException {
    if (code != 0) {
      throw new IOException(
          "%s: %s ended with exit code %d, see %s".formatted(run.folder(), what, code, said));
    }
  }

  private static void report(MiniatureGrid.Run run, String what, long started) {
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    System.out.printf("%s: %s in %d s%n", run.folder(), what, took.toSeconds());
  }
}

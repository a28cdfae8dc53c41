package nmsw.training.dataset;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.CommandLine;

/** The command, run on folders of a test, and what came of it. */
final class Importing {
  final int exitCode;
  final String out;
  final String err;

  private Importing(int exitCode, String out, String err) {
    this.exitCode = exitCode;
    this.out = out;
    this.err = err;
  }

  /** Classes and key lie beside the data set. */
  static Importing run(Path from, Path to, String... more) throws IOException {
    return run(List.of("--from", from.toString()), to, more);
  }

  /** The same of another origin than a folder. */
  static Importing run(List<String> origin, Path to, String... more) throws IOException {
    Path beside = to.toAbsolutePath().getParent();
    Path classes = beside.resolve("table.csv");
    if (!Files.exists(classes)) {
      Bodies.TABLE.write(classes);
    }
    List<String> arguments = new ArrayList<>(origin);
    arguments.addAll(List.of("--to", to.toString()));
    if (!List.of(more).contains("--classes")) {
      arguments.addAll(List.of("--classes", classes.toString()));
    }
    if (!List.of(more).contains("--key")) {
      arguments.addAll(List.of("--key", key(beside).toString()));
    }
    arguments.addAll(List.of(more));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        ImportCommand.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    int exitCode = command.execute(arguments.toArray(String[]::new));
    return new Importing(exitCode, out.toString(), err.toString());
  }

  /** The same key for every test: what a hash draws must not change from run to run. */
  static Path key(Path folder) throws IOException {
    Path key = folder.resolve("test.key");
    if (!Files.exists(key)) {
      Files.writeString(key, "a key that only these tests may use");
      Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    }
    return key;
  }

  static List<CaseRow> rows(Path dataSet) throws IOException {
    return CaseList.read(dataSet.resolve(CaseList.FILE));
  }

  /** Hash of every file. */
  static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        files.put(folder.relativize(path).toString(), ContentHash.ofFile(path));
      }
    }
    return files;
  }
}

package nmsw.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Runs other people's software beside ours, in a process of its own that always ends.
 *
 * @param python command that takes a program's file and its arguments
 * @param limit after which it is stopped
 */
record PythonProgram(List<String> python, Duration limit) {
  private static final Pattern ERROR = Pattern.compile("[\\w.]+(Error|Exception):");

  /**
   * @param out lines that it printed, also those before it was stopped or failed
   * @param ended whether it did so in time
   * @param failure why it failed; empty if it did not
   */
  record Result(List<String> out, boolean ended, Optional<String> failure) {}

  /**
   * @param program its text
   * @param module that may be missing
   * @param debianPackage that has the module
   */
  Result run(String program, List<String> arguments, String module, String debianPackage)
      throws IOException, InterruptedException {
    String missing = "not installed (apt-get install " + debianPackage + ")";
    Path folder = Files.createTempDirectory("nmsw-bench");
    Path file = folder.resolve("program.py");
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    try {
      Files.writeString(file, program);
      List<String> command = new ArrayList<>(python);
      command.add(file.toString());
      command.addAll(arguments);
      Process process;
      try {
        // Files, not pipes: whoever reads a pipe waits for the program, however long it takes.
        process =
            new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      } catch (IOException noPython) {
        return new Result(List.of(), true, Optional.of(missing));
      }
      boolean ended;
      try {
        ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        process.destroyForcibly().waitFor();
      }
      Optional<String> failure = Optional.empty();
      if (ended && process.exitValue() != 0) {
        String error = error(process.exitValue(), Files.readAllLines(err));
        boolean lacks = error.startsWith("ModuleNotFoundError: No module named '" + module + "'");
        failure = Optional.of(lacks ? missing : "failed: " + error);
      }
      return new Result(Files.readAllLines(out), ended, failure);
    } finally {
      for (Path each : List.of(file, out, err)) {
        Files.deleteIfExists(each);
      }
      Files.delete(folder);
    }
  }

  /**
   * The error that ended a program. TorchScript's errors begin on the line below their name and end with the source text; of
   * anything else the last line says most.
   */
  private static String error(int exitCode, List<String> err) {
    List<String> lines = err.stream().filter(line -> !line.isBlank()).map(String::stripTrailing).toList();
    String error = lines.isEmpty() ? "exit code " + exitCode : lines.get(lines.size() - 1);
    for (int i = 0; i < lines.size(); i++) {
      if (ERROR.matcher(lines.get(i)).lookingAt()) {
        boolean below = lines.get(i).endsWith(":") && i + 1 < lines.size();
        error = lines.get(i) + (below ? " " + lines.get(i + 1) : "");
      }
    }
    return error;
  }
}

package nmsw.training;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Commands of this program in processes of their own, one engine thread each: the engine differentiates one thing at a time
 * per process, and a run of one thread is the same to the bit every time. When this process is told to end, so are they; when
 * it is gone without having been told, they end by themselves, see {@link ChildMain}.
 */
final class ChildProcesses implements AutoCloseable {
  private final Set<Process> running = new HashSet<>();
  private final Thread hook = new Thread(this::stop, "nmsw-children");
  private boolean closed;

  ChildProcesses() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /**
   * Runs a command to its end.
   *
   * @param output file to which what it says is appended
   * @return exit code
   */
  int run(Class<?> main, List<String> arguments, Path output)
      throws IOException, InterruptedException {
    Process process = start(command(main, arguments), output);
    try {
      return process.waitFor();
    } finally {
      synchronized (this) {
        running.remove(process);
      }
    }
  }

  private synchronized Process start(List<String> command, Path output) throws IOException {
    if (closed) {
      throw new IOException("told to end");
    }
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    running.add(process);
    return process;
  }

  private static List<String> command(Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-Djava.util.concurrent.ForkJoinPool.common.parallelism=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(ChildMain.class.getName());
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }

  /** Tells all to end and waits until they have: they leave checkpoints. */
  private void stop() {
    List<Process> left;
    synchronized (this) {
      closed = true;
      left = List.copyOf(running);
    }
    left.forEach(Process::destroy);
    for (Process process : left) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @Override
  public void close() {
    stop();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process ends already; the hook runs anyhow and finds nothing left.
    }
  }
}

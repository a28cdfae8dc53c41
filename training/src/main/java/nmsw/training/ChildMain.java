package nmsw.training;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * A command of this program as {@link ChildProcesses} runs it: told to end when the process that started it is gone, whatever
 * ended that. Its standard input is a pipe that nothing is written to and whose other end that process alone holds, so the
 * system closes it.
 */
final class ChildMain {
  private static final Logger LOG = LoggerFactory.getLogger(ChildMain.class);

  private ChildMain() {}

  /**
   * @param args a class with a {@code main}, and what it takes
   */
  public static void main(String[] args) throws ReflectiveOperationException {
    watch(System.in, () -> System.exit(CommandLine.ExitCode.SOFTWARE));
    Class.forName(args[0])
        .getMethod("main", String[].class)
        .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
  }

  /**
   * Waits on a thread of its own, which does not keep the process from ending.
   *
   * @param parent ends when the parent is gone
   * @param end called then
   */
  static void watch(InputStream parent, Runnable end) {
    Thread thread =
        new Thread(
            () -> {
              awaitEnd(parent);
              LOG.warn("the process that started this one is gone, so this one ends");
              end.run();
            },
            "nmsw-parent-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private static void awaitEnd(InputStream parent) {
    try {
      parent.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      LOG.debug("the pipe from the parent broke", e);
    }
  }
}

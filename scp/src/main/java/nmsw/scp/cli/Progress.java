package nmsw.scp.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error where a person sees it: on a terminal, for work that takes over two seconds. */
final class Progress implements AutoCloseable {
  private static final long PATIENCE_NANOS = 2_000_000_000L;

  private final String task;
  private final long total;
  private final boolean terminal = System.console() != null;
  private final long start = System.nanoTime();
  private ProgressBar bar;

  Progress(String task, long total) {
    this.task = task;
    this.total = total;
  }

  synchronized void to(long done) {
    if (bar == null && terminal && System.nanoTime() - start > PATIENCE_NANOS) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(total)
              .setStyle(ProgressBarStyle.ASCII)
              .build();
    }
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
    }
  }
}

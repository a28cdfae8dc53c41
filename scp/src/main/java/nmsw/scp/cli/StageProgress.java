package nmsw.scp.cli;

import nmsw.scp.series.Stage;

/** One progress bar over all stages of a series, each counted as a hundred steps. */
final class StageProgress implements AutoCloseable {
  private static final int STEPS = 100;

  private final Progress progress;

  StageProgress(String task) {
    progress = new Progress(task, (long) STEPS * Stage.values().length);
  }

  void at(Stage stage, double fraction) {
    progress.to(Math.round(STEPS * (stage.ordinal() + fraction)));
  }

  @Override
  public void close() {
    progress.close();
  }
}

package nmsw.bench;

import nmsw.segmentation.Compute;
import picocli.CommandLine.Option;

/** How many threads the engine spreads one operation over. */
final class ThreadsOption {
  @Option(names = "--threads", defaultValue = "0", description = "of the engine; 0: one per core")
  private int threads;

  /** Sets it for the process. */
  void use() {
    Compute.useThreads(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
  }
}

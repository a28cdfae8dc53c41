package nmsw.training;

import java.io.IOException;

/**
 * What is done in a night. Each part may be interrupted anywhere, and is then done again; if the process is told to end it may
 * throw a {@link java.util.concurrent.CancellationException}.
 */
interface NightWork {
  /** Cases of the data set, by part. */
  record Cases(int training, int validation, int test) {}

  /**
   * @param version number of the candidate
   * @param against version that it was compared with, which is live
   * @param passed whether it may go live
   */
  record Verdict(String version, String against, boolean passed) {}

  /** Takes new studies into the data set. */
  Cases importStudies() throws IOException;

  /**
   * The live version.
   *
   * @throws IOException if there is none, or none that the recipe can go on with
   */
  String live() throws IOException;

  /** A folder's name that no earlier run has. */
  String newRun();

  /** Whether the night's budget is left; work that was begun stops, or ends, by itself. */
  boolean hasTime();

  /**
   * Goes on with a run.
   *
   * @param parent version that it began with
   * @return whether the run is at its end; else it goes on another time
   */
  boolean fineTune(String parent, String run) throws IOException;

  /** Measures the run's candidate and compares it with the live version on the same cases. */
  Verdict evaluate(String parent, String run) throws IOException;

  /**
   * Makes the candidate live.
   *
   * @return false if what it was measured against is live no more
   */
  boolean promote(NightState candidate) throws IOException;

  /** Notes that the candidate was refused. */
  void refuse(NightState candidate) throws IOException;
}

package nmsw.training;

/**
 * How far periodic retraining is; what a night leaves on the disk for the next one.
 *
 * @param step what is to be done, or done again if it was interrupted
 * @param trained training cases of the data set from which earlier candidates learned
 * @param taken training cases from which the candidate learns; as all below, of the candidate in hand
 * @param run name of its run's folder
 * @param parent version that was live when it was begun, with whose weights it began
 * @param version its number
 * @param against version that was live when it was measured
 */
record NightState(
    Step step, int trained, int taken, String run, String parent, String version, String against) {

  /** The states, in their usual order; {@link Night} says what follows on which. */
  enum Step {
    /** No candidate is in hand: the next night looks for new studies. */
    IMPORT,
    FINE_TUNE,
    EVALUATE,
    PROMOTE,
    REPORT
  }

  /** Before the first night. */
  static final NightState FIRST = resting(0);

  private static NightState resting(int trained) {
    return new NightState(Step.IMPORT, trained, 0, "", "", "", "");
  }

  NightState candidate(int cases, String folder, String live) {
    return new NightState(Step.FINE_TUNE, trained, cases, folder, live, "", "");
  }

  NightState at(Step next) {
    return new NightState(next, trained, taken, run, parent, version, against);
  }

  NightState measured(String number, String live, boolean passed) {
    return new NightState(passed ? Step.PROMOTE : Step.REPORT, trained, taken, run, parent, number, live);
  }

  /** The candidate was promoted or refused: its cases are new no more. */
  NightState concluded() {
    return resting(taken);
  }
}

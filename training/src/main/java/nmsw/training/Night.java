package nmsw.training;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import nmsw.training.NightState.Step;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One night of periodic retraining: goes on where the last one was interrupted, until there is a decision, nothing to do, or
 * no time. The state is written after every step, so that a process that dies repeats one step at most.
 */
final class Night {
  /** How a night ended. */
  enum Result {
    NOTHING_NEW(0),
    PROMOTED(0),
    REFUSED(3),
    /** As sysexits' EX_TEMPFAIL: to be tried again. */
    TO_BE_CONTINUED(75);

    private final int exitCode;

    Result(int exitCode) {
      this.exitCode = exitCode;
    }

    int exitCode() {
      return exitCode;
    }
  }

  /** For people, without local names. */
  record Report(Result result, String text) {}

  /** What a step leads to; with a report the night is over. */
  private record Turn(NightState next, Optional<Report> report) {
    static Turn to(NightState next) {
      return new Turn(next, Optional.empty());
    }

    static Turn over(NightState next, Result result, String text) {
      return new Turn(next, Optional.of(new Report(result, text)));
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(Night.class);

  private final NightFolder folder;
  private final NightWork work;
  private final int minimumNewCases;

  /**
   * @param minimumNewCases training cases that must be new before a run is begun
   */
  Night(NightFolder folder, NightWork work, int minimumNewCases) {
    this.folder = folder;
    this.work = work;
    this.minimumNewCases = minimumNewCases;
  }

  Report run() throws IOException {
    NightState state = folder.readState();
    while (true) {
      LOG.info("night: {}", state.step());
      Turn turn;
      try {
        turn = take(state);
      } catch (CancellationException e) {
        return new Report(Result.TO_BE_CONTINUED, "to be continued: the night was told to end in " + state.step());
      }
      folder.writeState(turn.next());
      if (turn.report().isPresent()) {
        return turn.report().get();
      }
      state = turn.next();
    }
  }

  private Turn take(NightState state) throws IOException {
    return switch (state.step()) {
      case IMPORT -> importStudies(state);
      case FINE_TUNE -> work.fineTune(state.parent(), state.run()) ? Turn.to(state.at(Step.EVALUATE)) : later(state);
      case EVALUATE -> work.hasTime() ? evaluate(state) : later(state);
      case PROMOTE -> work.promote(state) ? promoted(state) : Turn.to(state.at(Step.EVALUATE));
      case REPORT -> refused(state);
    };
  }

  private Turn importStudies(NightState state) throws IOException {
    NightWork.Cases cases = work.importStudies();
    int fresh = cases.training() - state.trained();
    if (fresh < minimumNewCases) {
      return Turn.over(
          state,
          Result.NOTHING_NEW,
          fresh + " new training cases, a run is begun with " + minimumNewCases);
    }
    if (cases.validation() == 0 || cases.test() == 0) {
      return Turn.over(
          state,
          Result.NOTHING_NEW,
          "the data set has %d validation and %d test cases, a run needs both"
              .formatted(cases.validation(), cases.test()));
    }
    return Turn.to(state.candidate(cases.training(), work.newRun(), work.live()));
  }

  private Turn evaluate(NightState state) throws IOException {
    NightWork.Verdict verdict = work.evaluate(state.parent(), state.run());
    return Turn.to(state.measured(verdict.version(), verdict.against(), verdict.passed()));
  }

  private Turn later(NightState state) {
    return Turn.over(
        state, Result.TO_BE_CONTINUED, state.run() + " is to be continued: " + state.step() + " was reached");
  }

  private Turn promoted(NightState state) {
    return Turn.over(state.concluded(), Result.PROMOTED, "version " + state.version() + " is live" + origin(state));
  }

  private Turn refused(NightState state) throws IOException {
    work.refuse(state);
    return Turn.over(
        state.concluded(), Result.REFUSED, "version " + state.version() + " is refused" + origin(state));
  }

  private static String origin(NightState state) {
    return "; fine-tuned from %s on %d cases, %d of them new, and measured against %s%s; see %s"
        .formatted(
            state.parent(),
            state.taken(),
            state.taken() - state.trained(),
            state.against(),
            state.against().equals(state.parent()) ? "" : ", which became live meanwhile",
            state.run());
  }
}

package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import nmsw.training.Night.Result;
import nmsw.training.NightState.Step;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NightTest {
  private static final int MINIMUM = 3;

  @TempDir private Path folder;
  private final FakeWork work = new FakeWork();
  private NightFolder nights;

  @BeforeEach
  void open() throws IOException {
    nights = new NightFolder(folder);
  }

  private Night.Report night() throws IOException {
    return new Night(nights, work, MINIMUM).run();
  }

  @Test
  void aNightTakesABetterCandidateLiveAndTheNextHasNothingToDo() throws IOException {
    assertEquals(Result.PROMOTED, night().result());
    assertEquals(List.of("import", "fine-tune", "evaluate", "promote"), work.done);
    assertEquals("8", work.live);
    assertEquals(new NightState(Step.IMPORT, 10, 0, "", "", "", ""), nights.readState());

    work.done.clear();
    assertEquals("0 new training cases, a run is begun with 3", night().text());
    assertEquals(List.of("import"), work.done);

    work.cases = new NightWork.Cases(12, 1, 1);
    assertEquals(Result.NOTHING_NEW, night().result());
    work.cases = new NightWork.Cases(13, 1, 1);
    Night.Report report = night();
    assertEquals(Result.PROMOTED, report.result());
    assertEquals(
        "version 9 is live; fine-tuned from 8 on 13 cases, 3 of them new, and measured against 8; see run-2",
        report.text());
  }

  @Test
  void aWorseCandidateIsRefusedAndItsCasesAreNewNoMore() throws IOException {
    work.better = false;
    Night.Report report = night();
    assertEquals(Result.REFUSED, report.result());
    assertTrue(report.text().startsWith("version 8 is refused; "), report.text());
    assertEquals(List.of("import", "fine-tune", "evaluate", "refuse"), work.done);
    assertEquals("7", work.live);
    assertEquals(Result.NOTHING_NEW, night().result());
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0"})
  void withoutCasesToChooseAndToMeasureByNothingBegins(int validation, int test) throws IOException {
    work.cases = new NightWork.Cases(10, validation, test);
    assertEquals(Result.NOTHING_NEW, night().result());
    assertEquals(List.of("import"), work.done);
  }

  /** Whatever a process died in, and whether or not it was done by then, the next night does it again and what follows. */
  @ParameterizedTest
  @CsvSource({
    "import, true, IMPORT", "fine-tune, true, FINE_TUNE", "evaluate, true, EVALUATE", "promote, true, PROMOTE",
    "import, false, IMPORT", "fine-tune, false, FINE_TUNE", "evaluate, false, EVALUATE", "refuse, false, REPORT",
  })
  void whatWasInterruptedIsDoneAgain(String part, boolean better, Step step) throws IOException {
    work.better = better;
    List<String> all =
        List.of("import", "fine-tune", "evaluate", better ? "promote" : "refuse");
    int at = all.indexOf(part);
    for (boolean afterwards : new boolean[] {false, true}) {
      work.done.clear();
      work.cases = new NightWork.Cases(work.cases.training() + MINIMUM, 1, 1);
      work.diesIn = part;
      work.afterwards = afterwards;
      assertThrows(IOException.class, this::night);
      assertEquals(step, nights.readState().step());
      assertEquals(all.subList(0, afterwards ? at + 1 : at), work.done);

      work.done.clear();
      work.diesIn = "";
      assertEquals(better ? Result.PROMOTED : Result.REFUSED, night().result());
      assertEquals(all.subList(at, all.size()), work.done);
      assertEquals(work.cases.training(), nights.readState().trained());
    }
  }

  @ParameterizedTest
  @CsvSource({"import, IMPORT", "fine-tune, FINE_TUNE", "evaluate, EVALUATE"})
  void aNightThatIsToldToEndIsContinued(String part, Step step) throws IOException {
    work.diesIn = part;
    work.told = true;
    Night.Report report = night();
    assertEquals(Result.TO_BE_CONTINUED, report.result());
    assertEquals("to be continued: the night was told to end in " + step, report.text());
    assertEquals(step, nights.readState().step());
    work.diesIn = "";
    assertEquals(Result.PROMOTED, night().result());
  }

  @Test
  void aRunTakesSeveralNightsAndMeasuringWaitsForTimeToo() throws IOException {
    work.finishes = false;
    Night.Report report = night();
    assertEquals(Result.TO_BE_CONTINUED, report.result());
    assertEquals("run-1 is to be continued: FINE_TUNE was reached", report.text());
    // New studies wait for the next candidate: the data of a run do not change on the way.
    work.cases = new NightWork.Cases(20, 1, 1);
    work.finishes = true;
    work.time = false;
    assertEquals("run-1 is to be continued: EVALUATE was reached", night().text());
    work.time = true;
    assertEquals(Result.PROMOTED, night().result());
    assertEquals(List.of("import", "fine-tune", "fine-tune", "evaluate", "promote"), work.done);
    assertEquals(10, nights.readState().trained());
    assertEquals(Result.PROMOTED, night().result());
  }

  @Test
  void aCandidateIsMeasuredAgainstWhatBecameLiveMeanwhile() throws IOException {
    work.diesIn = "promote";
    assertThrows(IOException.class, this::night);
    work.diesIn = "";
    work.done.clear();
    work.live = "6";
    Night.Report report = night();
    assertEquals(List.of("evaluate", "promote"), work.done);
    assertTrue(
        report.text().contains("fine-tuned from 7 on 10 cases, 10 of them new, and measured against 6, which became live"),
        report.text());
  }

  @Test
  void aStateThatIsNoneIsNamed() throws IOException {
    Files.writeString(folder.resolve("state.yaml"), "step: SLEEP\n");
    IOException refused = assertThrows(IOException.class, this::night);
    assertTrue(refused.getMessage().startsWith(folder.resolve("state.yaml") + ": "), refused.getMessage());
    assertEquals(List.of(), work.done);
  }

  @Test
  void everyNightHasALine() throws IOException {
    nights.append(Instant.EPOCH, new Night.Report(Result.NOTHING_NEW, "0 new"));
    nights.append(Instant.EPOCH, new Night.Report(Result.REFUSED, "8, worse"));
    assertEquals(
        List.of("at,result,text", "1970-01-01T00:00:00Z,NOTHING_NEW,0 new", "1970-01-01T00:00:00Z,REFUSED,\"8, worse\""),
        Files.readAllLines(folder.resolve("nights.csv")));
  }

  /** Says what was done, and dies when told to. */
  private static final class FakeWork implements NightWork {
    private final List<String> done = new ArrayList<>();
    private Cases cases = new Cases(10, 1, 1);
    private String live = "7";
    private boolean better = true;
    private boolean finishes = true;
    private boolean time = true;
    private String diesIn = "";
    private boolean afterwards;
    private boolean told;
    private int runs;

    private void take(String part) throws IOException {
      boolean dies = part.equals(diesIn);
      if (!dies || afterwards) {
        done.add(part);
      }
      if (dies && told) {
        throw new CancellationException("told to end in " + part);
      }
      if (dies) {
        throw new IOException("killed in " + part);
      }
    }

    @Override
    public Cases importStudies() throws IOException {
      take("import");
      return cases;
    }

    @Override
    public String live() {
      return live;
    }

    @Override
    public String newRun() {
      runs++;
      return "run-" + runs;
    }

    @Override
    public boolean hasTime() {
      return time;
    }

    @Override
    public boolean fineTune(String parent, String run) throws IOException {
      take("fine-tune");
      return finishes;
    }

    @Override
    public Verdict evaluate(String parent, String run) throws IOException {
      take("evaluate");
      return new Verdict(Integer.toString(Integer.parseInt(live) + 1), live, better);
    }

    @Override
    public boolean promote(NightState candidate) throws IOException {
      if (!live.equals(candidate.against()) && !live.equals(candidate.version())) {
        return false;
      }
      if (!diesIn.equals("promote") || afterwards) {
        live = candidate.version();
      }
      take("promote");
      return true;
    }

    @Override
    public void refuse(NightState candidate) throws IOException {
      take("refuse");
    }
  }
}

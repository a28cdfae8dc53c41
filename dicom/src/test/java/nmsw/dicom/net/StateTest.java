package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** PS3.8 Table 9-10, cell by cell: the action of each event in each state and the state that follows. */
class StateTest {
  private static final String TABLE =
      """
      Evt  Sta1  Sta2  Sta3  Sta4  Sta5  Sta6  Sta7  Sta8  Sta9  Sta10 Sta11 Sta12 Sta13
      1    AE-1  .     .     .     .     .     .     .     .     .     .     .     .
      2    .     .     .     AE-2  .     .     .     .     .     .     .     .     .
      3    .     AA-1  AA-8  .     AE-3  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
      4    .     AA-1  AA-8  .     AE-4  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
      5    AE-5  .     .     .     .     .     .     .     .     .     .     .     .
      6    .     AE-6  AA-8  .     AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-7
      7    .     .     AE-7  .     .     .     .     .     .     .     .     .     .
      8    .     .     AE-8  .     .     .     .     .     .     .     .     .     .
      9    .     .     .     .     .     DT-1  .     AR-7  .     .     .     .     .
      10   .     AA-1  AA-8  .     AA-8  DT-2  AR-6  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
      11   .     .     .     .     .     AR-1  .     .     .     .     .     .     .
      12   .     AA-1  AA-8  .     AA-8  AR-2  AR-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-6
      13   .     AA-1  AA-8  .     AA-8  AA-8  AR-3  AA-8  AA-8  AR-10 AR-3  AA-8  AA-6
      14   .     .     .     .     .     .     .     AR-4  AR-9  .     .     AR-4  .
      15   .     .     AA-1  AA-2  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  AA-1  .
      16   .     AA-2  AA-3  .     AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-3  AA-2
      17   .     AA-5  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AA-4  AR-5
      18   .     AA-2  .     .     .     .     .     .     .     .     .     .     AA-2
      19   .     AA-1  AA-8  .     AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-8  AA-7
      """;

  /** Tables 9-6 to 9-9: what each action does, in order, and the next state. */
  private static final String ACTIONS =
      """
      AE-1  connect -> Sta4
      AE-2  send(given) -> Sta5
      AE-3  indicate -> Sta6
      AE-4  indicate close -> Sta1
      AE-5  startArtim -> Sta2
      AE-6  stopArtim indicate -> Sta3
      AE-7  send(given) -> Sta6
      AE-8  send(given) startArtim -> Sta13
      DT-1  send(given) -> Sta6
      DT-2  indicate -> Sta6
      AR-1  send(ReleaseRq) -> Sta7
      AR-2  indicate -> Sta8
      AR-3  indicate close -> Sta1
      AR-4  send(ReleaseRp) startArtim -> Sta13
      AR-5  stopArtim -> Sta1
      AR-6  indicate -> Sta7
      AR-7  send(given) -> Sta8
      AR-8  indicate -> Sta10
      AR-9  send(ReleaseRp) -> Sta11
      AR-10 indicate -> Sta12
      AA-1  send(Abort) startArtim -> Sta13
      AA-2  stopArtim close -> Sta1
      AA-3  indicate close -> Sta1
      AA-4  providerAbort -> Sta1
      AA-5  stopArtim -> Sta1
      AA-6  -> Sta13
      AA-7  send(Abort) -> Sta13
      AA-8  send(Abort) providerAbort startArtim -> Sta13
      """;

  private static final Pdu.AssociateRq REQUEST =
      new Pdu.AssociateRq(1, "CALLED", "CALLING", Pdu.APPLICATION_CONTEXT, List.of(), List.of());

  @TestFactory
  List<DynamicTest> eachCellOfTheTable() {
    List<DynamicTest> tests = new ArrayList<>();
    List<String> rows = TABLE.lines().toList();
    for (String row : rows.subList(1, rows.size())) {
      String[] cells = row.trim().split("\\s+");
      Event event = Event.values()[Integer.parseInt(cells[0]) - 1];
      for (State state : State.values()) {
        String expected = cells[state.ordinal() + 1];
        tests.add(
            DynamicTest.dynamicTest(
                state + " + " + event + " -> " + expected, () -> checkCell(state, event, expected)));
      }
    }
    assertEquals(19 * 13, tests.size());
    return tests;
  }

  private static void checkCell(State state, Event event, String expected) {
    if (expected.equals(".")) {
      assertThrows(IllegalStateException.class, () -> state.on(event));
    } else {
      assertEquals(expected, name(state.on(event)));
    }
  }

  @Test
  void eventsAreNumberedAsInTheStandard() {
    for (Event event : Event.values()) {
      assertEquals(event.ordinal() + 1, event.number());
    }
  }

  @TestFactory
  List<DynamicTest> eachAction() {
    List<DynamicTest> tests = new ArrayList<>();
    for (String row : ACTIONS.lines().toList()) {
      String name = row.trim().split("\\s+")[0];
      String expected = row.trim().substring(name.length()).trim();
      tests.add(DynamicTest.dynamicTest(row.trim(), () -> checkAction(name, expected)));
    }
    assertEquals(Action.values().length, tests.size());
    return tests;
  }

  private static void checkAction(String name, String expected) throws Exception {
    Recorder recorder = new Recorder(false, Optional.empty());
    Action action = Action.valueOf(name.replace('-', '_'));
    State next = action.perform(recorder, Event.ASSOCIATE_RQ_RECEIVED, REQUEST);
    assertEquals(expected, (String.join(" ", recorder.calls) + " -> " + name(next)).trim());
  }

  @Test
  void releaseCollisionLeadsTheRequestorToSta9() throws Exception {
    Recorder requestor = new Recorder(true, Optional.empty());
    assertEquals(
        State.STA9, Action.AR_8.perform(requestor, Event.RELEASE_RQ_RECEIVED, new Pdu.ReleaseRq()));
  }

  @Test
  void requestThatNobodyCouldAcceptIsRejected() throws Exception {
    Recorder recorder =
        new Recorder(false, Optional.of(Pdu.AssociateRj.PROTOCOL_VERSION_NOT_SUPPORTED));
    assertEquals(State.STA13, Action.AE_6.perform(recorder, Event.ASSOCIATE_RQ_RECEIVED, REQUEST));
    assertEquals(List.of("stopArtim", "send(AssociateRj)", "startArtim"), recorder.calls);
  }

  @Test
  void abortsSayWhoAndWhy() throws Exception {
    Recorder recorder = new Recorder(false, Optional.empty());
    Action.AA_1.perform(recorder, Event.ABORT_REQUEST, null);
    Action.AA_8.perform(recorder, Event.RELEASE_RP_RECEIVED, new Pdu.ReleaseRp());
    Action.AA_8.perform(recorder, Event.INVALID_PDU_RECEIVED, new Pdu.Abort(2, 6));
    assertEquals(
        List.of(new Pdu.Abort(0, 0), new Pdu.Abort(2, 2), new Pdu.Abort(2, 6)), recorder.sent);
  }

  private static String name(Action action) {
    return action.name().replace('_', '-');
  }

  private static String name(State state) {
    return "Sta" + (state.ordinal() + 1);
  }

  private static final class Recorder implements UpperLayer {
    private final List<String> calls = new ArrayList<>();
    private final List<Pdu> sent = new ArrayList<>();
    private final boolean requestor;
    private final Optional<Pdu.AssociateRj> refusal;

    Recorder(boolean requestor, Optional<Pdu.AssociateRj> refusal) {
      this.requestor = requestor;
      this.refusal = refusal;
    }

    @Override
    public boolean isRequestor() {
      return requestor;
    }

    @Override
    public void connect() {
      calls.add("connect");
    }

    @Override
    public void send(Pdu pdu) {
      sent.add(pdu);
      calls.add(pdu == REQUEST ? "send(given)" : "send(" + pdu.getClass().getSimpleName() + ")");
    }

    @Override
    public void indicate(Pdu pdu) {
      calls.add("indicate");
    }

    @Override
    public void indicateProviderAbort(Event event) {
      calls.add("providerAbort");
    }

    @Override
    public Optional<Pdu.AssociateRj> refusal(Pdu.AssociateRq request) {
      return refusal;
    }

    @Override
    public void startArtim() {
      calls.add("startArtim");
    }

    @Override
    public void stopArtim() {
      calls.add("stopArtim");
    }

    @Override
    public void closeTransport() {
      calls.add("close");
    }
  }
}

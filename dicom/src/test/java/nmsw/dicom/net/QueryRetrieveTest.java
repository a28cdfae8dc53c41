package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The SCU against a peer that says what the test wants. */
@Timeout(60)
class QueryRetrieveTest {
  private static final Set<String> STORAGE = Set.of(Uid.CTImageStorage, Uid.SegmentationStorage);
  private static final Optional<Dataset> NONE = Optional.empty();
  private static final int PENDING = 0xFF00;

  private final Received received = new Received();
  private final List<String> found = new ArrayList<>();
  private RawAcceptor peer;

  @AfterEach
  void stop() throws Exception {
    peer.close();
    peer.await();
  }

  private QueryRetrieve connect(RawAcceptor.Script script) throws IOException {
    return connect(true, script);
  }

  private QueryRetrieve connect(boolean withRoles, RawAcceptor.Script script) throws IOException {
    peer = new RawAcceptor(withRoles, script);
    RemoteAe remote = new RemoteAe("PACS", "127.0.0.1", peer.port());
    ClientConfig config = ClientConfig.defaults().withResponseTimeout(Duration.ofSeconds(20));
    return QueryRetrieve.connect(remote, "NODE", STORAGE, config);
  }

  private static Dataset identifier() {
    return new Dataset()
        .putString(Tag.QueryRetrieveLevel, "STUDY")
        .putString(Tag.PatientID, "P1")
        .putEmpty(Tag.StudyInstanceUID);
  }

  private static Optional<Dataset> match(int number) {
    return Optional.of(identifier().putString(Tag.StudyInstanceUID, "1.2." + number));
  }

  private boolean collect(Dataset match) {
    found.add(match.string(Tag.StudyInstanceUID).orElse(""));
    return true;
  }

  private static int find(RawAcceptor pacs) {
    return pacs.context(Uid.StudyRootQueryRetrieveInformationModelFind);
  }

  private static int get(RawAcceptor pacs) {
    return pacs.context(Uid.StudyRootQueryRetrieveInformationModelGet);
  }

  private static int move(RawAcceptor pacs) {
    return pacs.context(Uid.StudyRootQueryRetrieveInformationModelMove);
  }

  private static CommandSet counts(CommandSet request, int status, int remaining, int completed, int failed)
      throws IOException {
    return RawAcceptor.response(request, status)
        .put(Tag.NumberOfRemainingSuboperations, remaining)
        .put(Tag.NumberOfCompletedSuboperations, completed)
        .put(Tag.NumberOfFailedSuboperations, failed)
        .put(Tag.NumberOfWarningSuboperations, 0);
  }

  /** One C-STORE sub-operation; returns the status that it was answered with. */
  private static int store(RawAcceptor pacs, int context, String sopClass, Dataset object) throws IOException {
    CommandSet request = RawPeer.storeRequest(sopClass, object.requireString(Tag.SOPInstanceUID));
    pacs.send(context, request, Optional.of(object));
    CommandSet response = pacs.readCommand();
    assertEquals(CommandSet.C_STORE_RSP, response.field());
    assertEquals(7, response.requireInteger(Tag.MessageIDBeingRespondedTo));
    return response.requireInteger(Tag.Status);
  }

  @Test
  void findGivesEveryMatchWithPendingAndWithWarning() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              pacs.send(find(pacs), RawAcceptor.response(request, PENDING), match(1));
              pacs.send(find(pacs), RawAcceptor.response(request, 0xFF01), match(2));
              pacs.send(find(pacs), RawAcceptor.response(request, 0), NONE);
            })) {
      assertTrue(query.find(identifier(), 2, this::collect));
    }
    assertEquals(List.of("1.2.1", "1.2.2"), found);
    CommandSet request = peer.commands.get(0);
    assertEquals(CommandSet.C_FIND_RQ, request.field());
    assertEquals(Uid.StudyRootQueryRetrieveInformationModelFind, request.text(Tag.AffectedSOPClassUID));
    assertTrue(request.hasDataset());
  }

  @Test
  void findBeyondTheLimitIsCancelled() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              for (int i = 0; i < 6; i++) {
                pacs.send(find(pacs), RawAcceptor.response(request, PENDING), match(i));
              }
              CommandSet cancel = pacs.readCommand();
              assertEquals(request.messageId(), cancel.requireInteger(Tag.MessageIDBeingRespondedTo));
              pacs.send(find(pacs), RawAcceptor.response(request, 0xFE00), NONE);
              CommandSet next = pacs.readCommand();
              pacs.send(find(pacs), RawAcceptor.response(next, 0), NONE);
            })) {
      assertFalse(query.find(identifier(), 3, this::collect));
      assertTrue(query.find(identifier(), 3, this::collect), "the association can still be used");
    }
    assertEquals(List.of("1.2.0", "1.2.1", "1.2.2"), found);
    assertEquals(CommandSet.C_CANCEL_RQ, peer.commands.get(1).field());
    assertFalse(peer.commands.get(1).hasDataset());
  }

  @Test
  void findStopsWhenTheCallerHasEnough() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              pacs.send(find(pacs), RawAcceptor.response(request, PENDING), match(1));
              pacs.send(find(pacs), RawAcceptor.response(request, PENDING), match(2));
              pacs.readCommand();
              pacs.send(find(pacs), RawAcceptor.response(request, 0xFE00), NONE);
            })) {
      assertFalse(query.find(identifier(), 100, match -> !collect(match)));
    }
    assertEquals(List.of("1.2.1"), found);
  }

  @Test
  void endlessMatchesEndTheAssociation() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              while (true) {
                pacs.send(find(pacs), RawAcceptor.response(request, PENDING), match(1));
              }
            })) {
      AssociationAborted aborted =
          assertThrows(AssociationAborted.class, () -> query.find(identifier(), 3, this::collect));
      assertTrue(aborted.getMessage().contains("does not end C-FIND after it was cancelled"), aborted.getMessage());
    }
    assertEquals(3, found.size());
  }

  @ParameterizedTest
  @CsvSource({
    "0xA700, out of resources", "0xA900, does not match", "0xC001, cannot understand", "0x0122, not supported",
    "0x0211, unrecognized operation"
  })
  void refusalOfAQueryIsNamed(String code, String words) throws Exception {
    int status = Integer.decode(code);
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              pacs.send(find(pacs), RawAcceptor.response(request, status).comment("because"), NONE);
            })) {
      DicomException refused =
          assertThrows(DicomException.class, () -> query.find(identifier(), 3, this::collect));
      assertEquals(OptionalInt.of(status), refused.status());
      assertTrue(refused.getMessage().contains(words), refused.getMessage());
      assertTrue(refused.getMessage().contains("PACS@127.0.0.1"), refused.getMessage());
      assertTrue(refused.getMessage().contains("because"), refused.getMessage());
    }
  }

  @ParameterizedTest
  @CsvSource({"0xA701, number of matches", "0xA702, sub-operations", "0xA801, add NODE with this host"})
  void refusalOfAMoveIsNamed(String code, String words) throws Exception {
    int status = Integer.decode(code);
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              pacs.send(move(pacs), RawAcceptor.response(request, status), NONE);
            })) {
      DicomException refused =
          assertThrows(DicomException.class, () -> query.move(identifier(), "NODE", () -> true));
      assertEquals(OptionalInt.of(status), refused.status());
      assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }
    assertEquals("NODE", peer.commands.get(0).text(Tag.MoveDestination));
  }

  @Test
  void moveReportsItsSubOperations() throws Exception {
    Dataset failed = new Dataset().putString(Tag.FailedSOPInstanceUIDList, "1.2.3", "no UID", "1.2.4");
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              pacs.send(move(pacs), counts(request, PENDING, 3, 1, 0), NONE);
              pacs.send(move(pacs), counts(request, 0xB000, 0, 2, 2), Optional.of(failed));
            })) {
      Retrieval retrieval = query.move(identifier(), "NODE", () -> true);
      assertEquals(new Retrieval(new Status(0xB000), 2, 0, 2, 0, List.of("1.2.3", "1.2.4")), retrieval);
      assertFalse(retrieval.isComplete());
    }
  }

  @Test
  void moveIsCancelledWhenTheCallerStops() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              pacs.send(move(pacs), counts(request, PENDING, 3, 1, 0), NONE);
              assertEquals(CommandSet.C_CANCEL_RQ, pacs.readCommand().field());
              pacs.send(move(pacs), counts(request, 0xFE00, 2, 2, 0), NONE);
            })) {
      Retrieval retrieval = query.move(identifier(), "NODE", () -> false);
      assertTrue(retrieval.status().isCancel());
      assertEquals(2, retrieval.remaining());
    }
  }

  @Test
  void getStoresWhatComesOnTheAssociation() throws Exception {
    Dataset ct = TestObjects.ct(1, 200, 150);
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              assertEquals(0, store(pacs, pacs.context(Uid.CTImageStorage), Uid.CTImageStorage, ct));
              pacs.send(get(pacs), counts(request, PENDING, 0, 1, 0), NONE);
              pacs.send(get(pacs), counts(request, 0, 0, 1, 0), NONE);
            })) {
      Retrieval retrieval = query.get(identifier(), received, 1 << 20, () -> true);
      assertTrue(retrieval.isComplete());
      assertEquals(1, retrieval.completed());
    }
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    DicomWriter.writeDataset(expected, ct, TransferSyntax.EXPLICIT_LE);
    assertArrayEquals(expected.toByteArray(), received.objects.get(ct.requireString(Tag.SOPInstanceUID)));
    assertEquals("PACS", received.requests.get(0).association().calledAeTitle());
    Set<Pdu.UserItem> roles = Set.copyOf(peer.request.userItems());
    STORAGE.forEach(uid -> assertTrue(roles.contains(new Pdu.UserItem.RoleSelection(uid, false, true)), uid));
  }

  @Test
  void getRefusesObjectsThatWereNotNegotiated() throws Exception {
    Dataset ct = TestObjects.ct(1, 8, 8);
    Dataset large = TestObjects.ct(2, 100, 100);
    List<Integer> answers = new ArrayList<>();
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              answers.add(store(pacs, get(pacs), Uid.CTImageStorage, ct));
              answers.add(store(pacs, get(pacs), Uid.StudyRootQueryRetrieveInformationModelGet, ct));
              answers.add(store(pacs, pacs.context(Uid.CTImageStorage), Uid.MRImageStorage, ct));
              answers.add(store(pacs, pacs.context(Uid.CTImageStorage), Uid.CTImageStorage, large));
              pacs.send(get(pacs), counts(request, 0xB000, 0, 0, 4), NONE);
            })) {
      assertFalse(query.get(identifier(), received, 1000, () -> true).isComplete());
    }
    assertEquals(List.of(0xA900, 0x0122, 0x0122, 0xA700), answers);
    assertTrue(received.objects.isEmpty());
  }

  @Test
  void objectOnAContextThatWasNeverProposedEndsTheAssociation() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              pacs.readCommand();
              pacs.send(99, RawPeer.storeRequest(Uid.CTImageStorage, "1.2"), NONE);
            })) {
      AssociationAborted aborted =
          assertThrows(AssociationAborted.class, () -> query.get(identifier(), received, 1000, () -> true));
      assertTrue(aborted.getMessage().contains("presentation context 99"), aborted.getMessage());
    }
  }

  @Test
  void getWithoutTheRoleIsNotTried() throws Exception {
    try (QueryRetrieve query = connect(false, pacs -> {})) {
      DicomException refused =
          assertThrows(DicomException.class, () -> query.get(identifier(), received, 1000, () -> true));
      assertTrue(refused.getMessage().contains("role selection"), refused.getMessage());
    }
    assertTrue(peer.commands.isEmpty());
  }

  @Test
  void getIsCancelledAndTakesWhatIsOnItsWay() throws Exception {
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              int context = pacs.context(Uid.CTImageStorage);
              store(pacs, context, Uid.CTImageStorage, TestObjects.ct(1, 8, 8));
              assertEquals(CommandSet.C_CANCEL_RQ, pacs.readCommand().field());
              store(pacs, context, Uid.CTImageStorage, TestObjects.ct(2, 8, 8));
              pacs.send(get(pacs), counts(request, 0xFE00, 5, 2, 0), NONE);
            })) {
      assertTrue(query.get(identifier(), received, 1 << 20, () -> false).status().isCancel());
    }
    assertEquals(2, received.objects.size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"message id", "command", "status", "no identifier", "identifier too big", "broken identifier"})
  void nonsenseEndsTheAssociation(String what) throws Exception {
    Dataset big = new Dataset().putBytes(Tag.PixelData, VR.OW, new byte[1_500_000]);
    try (QueryRetrieve query =
        connect(
            pacs -> {
              CommandSet request = pacs.readCommand();
              CommandSet response = RawAcceptor.response(request, PENDING);
              switch (what) {
                case "message id" ->
                    pacs.send(find(pacs), response.put(Tag.MessageIDBeingRespondedTo, 4711), match(1));
                case "command" -> pacs.send(find(pacs), response.put(Tag.CommandField, 0x8777), match(1));
                case "status" ->
                    pacs.send(
                        find(pacs),
                        new CommandSet(0x8020).put(Tag.MessageIDBeingRespondedTo, request.messageId()),
                        match(1));
                case "no identifier" -> pacs.send(find(pacs), response, NONE);
                case "identifier too big" -> pacs.send(find(pacs), response, Optional.of(big));
                default -> {
                  pacs.send(find(pacs), response.withDataset(), NONE);
                  pacs.send(RawPeer.data(find(pacs), false, true, new byte[] {8, 0, 5, 0, 'C', 'S', 9, 9}));
                }
              }
            })) {
      assertThrows(AssociationAborted.class, () -> query.find(identifier(), 3, this::collect));
    }
    assertTrue(found.isEmpty());
  }

  @Test
  void silenceIsGivenUp() throws Exception {
    peer = new RawAcceptor(true, RawAcceptor::readCommand);
    RemoteAe remote = new RemoteAe("PACS", "127.0.0.1", peer.port());
    ClientConfig hasty = ClientConfig.defaults().withResponseTimeout(Duration.ofMillis(100));
    try (QueryRetrieve query = QueryRetrieve.connect(remote, "NODE", STORAGE, hasty)) {
      assertThrows(AssociationAborted.class, () -> query.find(identifier(), 3, this::collect));
    }
  }
}

package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The SCU against DCMTK's archive, which holds four objects of one series. */
@Timeout(120)
class QueryRetrieveIT {
  private static final int OBJECTS = 4;

  @TempDir Path folder;

  private final Received received = new Received();
  private DicomServer node;
  private Process archive;
  private QueryRetrieve query;

  @BeforeEach
  void start() throws IOException {
    ServerConfig config =
        ServerConfig.builder().bindAddress("127.0.0.1").port(0).calledAeTitles(Set.of("NODE")).build();
    node = DicomServer.start(config, received);
    int port = Dcmtk.freePort();
    Path file =
        Files.writeString(
            folder.resolve("dcmqrscp.cfg"),
            """
            MaxPDUSize = 16384
            MaxAssociations = 16
            HostTable BEGIN
            node = (NODE, localhost, %d)
            HostTable END
            VendorTable BEGIN
            VendorTable END
            AETable BEGIN
            PACS %s RW (200, 1024mb) ANY
            AETable END
            """
                .formatted(node.port(), Files.createDirectory(folder.resolve("archive"))));
    archive =
        Dcmtk.start(folder, folder.resolve("dcmqrscp.log"), Dcmtk.command("dcmqrscp", "-v", "-c", file, port));
    Dcmtk.awaitListening(port, archive);
    RemoteAe remote = new RemoteAe("PACS", "127.0.0.1", port);
    List<ProposedContext> contexts = List.of(ProposedContext.uncompressed(Uid.CTImageStorage));
    try (DicomClient client = DicomClient.connect(remote, "TEST", contexts, ClientConfig.defaults())) {
      for (int i = 0; i < OBJECTS; i++) {
        assertTrue(client.store(TestObjects.ct(i, 200, 150), TransferSyntax.EXPLICIT_LE).isSuccess());
      }
    }
    query = QueryRetrieve.connect(remote, "NODE", Set.of(Uid.CTImageStorage), ClientConfig.defaults());
  }

  @AfterEach
  void stop() {
    if (query != null) {
      query.close();
    }
    if (archive != null) {
      archive.destroy();
    }
    node.close();
  }

  private static Dataset identifier(String level) {
    Dataset object = TestObjects.ct(0, 1, 1);
    Dataset identifier = new Dataset().putString(Tag.QueryRetrieveLevel, level);
    if (!level.equals("STUDY")) {
      identifier.putString(Tag.StudyInstanceUID, object.string(Tag.StudyInstanceUID).orElseThrow());
    }
    if (level.equals("IMAGE")) {
      identifier.putString(Tag.SeriesInstanceUID, object.string(Tag.SeriesInstanceUID).orElseThrow());
    }
    return identifier;
  }

  private List<String> found(Dataset identifier, int tag) throws IOException {
    List<String> values = new ArrayList<>();
    assertTrue(query.find(identifier, 100, match -> values.add(match.string(tag).orElse(""))));
    return values;
  }

  private void assertAllReceived() throws IOException {
    assertEquals(OBJECTS, received.objects.size());
    for (StoreRequest request : received.requests) {
      int number = Integer.parseInt(request.sopInstanceUid().replaceAll(".*\\.", "")) - 1;
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      DicomWriter.writeDataset(expected, TestObjects.ct(number, 200, 150), request.transferSyntax());
      assertArrayEquals(expected.toByteArray(), received.objects.get(request.sopInstanceUid()));
    }
  }

  @Test
  void findsStudySeriesAndImages() throws IOException {
    Dataset study = identifier("STUDY").putString(Tag.PatientID, "TEST").putEmpty(Tag.StudyInstanceUID);
    assertEquals(List.of("1.2.826.0.1.3680043.9.9999.1000"), found(study, Tag.StudyInstanceUID));
    assertEquals(List.of(), found(study.copy().putString(Tag.PatientID, "ELSE"), Tag.StudyInstanceUID));
    Dataset series = identifier("SERIES").putEmpty(Tag.SeriesInstanceUID).putEmpty(Tag.Modality);
    assertEquals(List.of("CT"), found(series, Tag.Modality));
    Dataset image = identifier("IMAGE").putEmpty(Tag.SOPInstanceUID);
    assertEquals(OBJECTS, Set.copyOf(found(image, Tag.SOPInstanceUID)).size());
  }

  @Test
  void findIsCancelledAndTheAssociationGoesOn() throws IOException {
    List<Dataset> matches = new ArrayList<>();
    Dataset image = identifier("IMAGE").putEmpty(Tag.SOPInstanceUID);
    assertFalse(query.find(image, 1, matches::add));
    assertEquals(1, matches.size());
    assertEquals(OBJECTS, found(image, Tag.SOPInstanceUID).size());
  }

  @Test
  void getsASeries() throws IOException {
    Dataset series = identifier("SERIES").putString(Tag.SeriesInstanceUID, "1.2.826.0.1.3680043.9.9999.1001");
    Retrieval retrieval = query.get(series, received, 1 << 20, () -> true);
    assertTrue(retrieval.isComplete(), retrieval.toString());
    assertEquals(OBJECTS, retrieval.completed());
    assertAllReceived();
  }

  @Test
  void getOfObjectsThatAreTooLargeNamesThem() throws IOException {
    Dataset series = identifier("SERIES").putString(Tag.SeriesInstanceUID, "1.2.826.0.1.3680043.9.9999.1001");
    try {
      Retrieval retrieval = query.get(series, received, 1000, () -> true);
      assertEquals(OBJECTS, retrieval.failed(), retrieval.toString());
      assertFalse(retrieval.isComplete());
    } catch (DicomException e) {
      assertEquals(OptionalInt.of(0xA702), e.status(), "all sub-operations failed");
    }
    assertEquals(0, received.objects.size());
  }

  @Test
  void movesASeries() throws IOException {
    Dataset series = identifier("SERIES").putString(Tag.SeriesInstanceUID, "1.2.826.0.1.3680043.9.9999.1001");
    Retrieval retrieval = query.move(series, "NODE", () -> true);
    assertTrue(retrieval.isComplete(), retrieval.toString());
    assertEquals(OBJECTS, retrieval.completed());
    assertAllReceived();
  }

  @Test
  void moveToAnUnknownTitleIsRefused() {
    Dataset series = identifier("SERIES").putString(Tag.SeriesInstanceUID, "1.2.826.0.1.3680043.9.9999.1001");
    DicomException refused =
        assertThrows(DicomException.class, () -> query.move(series, "STRANGER", () -> true));
    assertEquals(OptionalInt.of(0xA801), refused.status());
  }
}

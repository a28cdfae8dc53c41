package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The disk of the node's data fills in the middle of a series, and then there is room again. */
class SmallDiskIT {
  private static final int MEGABYTES = 24;
  private static final long ROOM = 5 << 20;
  private static final int SLICES = 60;
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir Path folder;

  /** With a reserve the node stops before the disk is full, without one it meets with a full disk. */
  @ParameterizedTest(name = "storage.diskReserve: {0}")
  @ValueSource(strings = {"4MiB", "0"})
  void aSeriesIsTakenUpAgainWhenThereIsRoomAndNothingIsDamaged(String reserve) throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    Optional<SmallDisk> small = SmallDisk.at(data);
    assumeTrue(
        small.isPresent(),
        "SKIPPED: a full disk was not tested, for this machine lets this user mount no tmpfs (unshare --mount)");
    SliceStack stack = AbdomenPhantom.standardStack(256, 256, SLICES, 1.7, 1.7, 5);
    List<Path> slices = PhantomSeries.write(folder.resolve("ct"), new AbdomenPhantom(3), stack, 3);
    int port = Peers.freePort();
    try (Peers.StoreScp pacs = new Peers.StoreScp(folder.resolve("pacs"), "PACS");
        ServeProcess node =
            new ServeProcess(
                folder.resolve("node.yaml"),
                port,
                ServeProcess.config(folder, port, "PACS@127.0.0.1:" + pacs.port, "abdomen-phantom")
                        .replace("diskReserve: 100MiB", "diskReserve: " + reserve)
                    + "  maxWait: 1s\n",
                command -> small.get().command(MEGABYTES, command))) {
      Path disk = small.get().seenOf(node.pid());
      long kept = reserve.equals("0") ? 0 : 4 << 20;
      SmallDisk.fill(disk.resolve("filler"), kept + ROOM);

      Map<String, byte[]> acknowledged = new HashMap<>();
      List<Dataset> refused = new ArrayList<>();
      try (DicomClient client = connect(node.port)) {
        for (Path slice : slices) {
          Dataset object = DicomReader.read(slice).dataset();
          Status status = client.store(object, TransferSyntax.EXPLICIT_LE);
          if (status.isSuccess()) {
            acknowledged.put(object.requireString(Tag.SOPInstanceUID), bytes(object));
          } else {
            assertEquals(0xA700, status.code());
            refused.add(object);
          }
        }
        assertTrue(acknowledged.size() > 10 && refused.size() > 10, acknowledged.size() + " and " + refused.size());
        assertTrue(SmallDisk.free(disk) >= kept, "the reserve is touched: " + SmallDisk.free(disk));
        assertTrue(client.echo().isSuccess());
        node.awaitLog(LIMIT, "refused with status A700H");
        assertStored(disk, acknowledged);

        // Somebody else takes the rest too, and the series counts as complete: the database, the queue and the outbox, which
        // are on the same disk, can write nothing either.
        SmallDisk.fill(disk.resolve("filler2"), 0);
        assertEquals(Status.OUT_OF_RESOURCES, client.store(refused.get(0), TransferSyntax.EXPLICIT_LE));
        node.awaitLog(LIMIT, "READY|cannot check which series are complete");
        assertStored(disk, acknowledged);
        Files.delete(disk.resolve("filler"));
        Files.delete(disk.resolve("filler2"));

        for (Dataset object : refused) {
          Peers.await(LIMIT, "an object to be taken again", () -> isTaken(client, object));
          acknowledged.put(object.requireString(Tag.SOPInstanceUID), bytes(object));
        }
      }
      assertStored(disk, acknowledged);
      String series = refused.get(0).requireString(Tag.SeriesInstanceUID);
      node.awaitLog(LIMIT, "series " + series + " READY " + SLICES + " objects");
      Peers.await(LIMIT, "a result of all slices", () -> referenced(pacs) == SLICES);
    }
  }

  private static boolean isTaken(DicomClient client, Dataset object) {
    try {
      return client.store(object, TransferSyntax.EXPLICIT_LE).isSuccess();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The slices that the newest result was made of. */
  private static int referenced(Peers.StoreScp pacs) {
    int most = 0;
    for (Path file : pacs.received()) {
      try {
        Dataset result = DicomReader.readUntil(file, Tag.PixelData).dataset();
        Dataset series = result.items(Tag.ReferencedSeriesSequence).get(0);
        most = Math.max(most, series.items(Tag.ReferencedInstanceSequence).size());
      } catch (IOException stillBeingWritten) {
        // The next look finds it.
      }
    }
    return most;
  }

  private static void assertStored(Path disk, Map<String, byte[]> acknowledged) throws IOException {
    Map<String, byte[]> stored = new HashMap<>();
    for (Path file : Peers.files(disk.resolve("spool"))) {
      String name = file.getFileName().toString();
      assertTrue(name.endsWith(".dcm") || name.equals("series.properties"), "a leftover: " + file);
      if (name.endsWith(".dcm")) {
        byte[] bytes = Files.readAllBytes(file);
        stored.put(DicomReader.read(file).dataset().requireString(Tag.SOPInstanceUID), bytes);
      }
    }
    assertEquals(acknowledged.keySet(), stored.keySet());
    acknowledged.forEach(
        (uid, bytes) -> {
          byte[] file = stored.get(uid);
          assertArrayEquals(bytes, Arrays.copyOfRange(file, file.length - bytes.length, file.length), uid);
        });
  }

  private static byte[] bytes(Dataset object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, object, TransferSyntax.EXPLICIT_LE);
    return bytes.toByteArray();
  }

  private static DicomClient connect(int port) throws IOException {
    List<ProposedContext> contexts =
        List.of(ProposedContext.verification(), ProposedContext.of(Uid.CTImageStorage, TransferSyntax.EXPLICIT_LE));
    return DicomClient.connect(
        new RemoteAe("NMSW", "127.0.0.1", port), "MODALITY", contexts, ClientConfig.defaults());
  }
}

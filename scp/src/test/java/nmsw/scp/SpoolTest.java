package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.net.StoreRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final StorageConfig LIMITS =
      new StorageConfig(new DataSize(1 << 20), new DataSize(1 << 20));

  @TempDir Path folder;
  private Spool spool;

  @BeforeEach
  void open() throws IOException {
    spool = Spool.open(folder, LIMITS);
  }

  @Test
  void keepsTheBytesAsReceivedBehindOurOwnMetaInformation() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    Spool.Received received = spool.receive(Series.request(slice), Series.stream(slice));

    Path file = spool.objects(Series.UID).get(0);
    byte[] stored = Files.readAllBytes(file);
    assertEquals(new Spool.Received(Series.UID, ObjectOutcome.NEW, stored.length), received);
    byte[] sent = Series.bytes(slice);
    assertArrayEquals(sent, Arrays.copyOfRange(stored, stored.length - sent.length, stored.length));
    assertEquals(
        slice.string(Tag.SOPInstanceUID),
        DicomReader.read(file).meta().string(Tag.MediaStorageSOPInstanceUID));
  }

  @Test
  void theSameObjectAgainChangesNothing() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    List<Path> before = files();

    assertEquals(
        ObjectOutcome.DUPLICATE, spool.receive(Series.request(slice), Series.stream(slice)).outcome());
    assertEquals(before, files());
  }

  @Test
  void anotherObjectWithTheSameUidIsKeptAsideOnceAndNotUsed() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0);
    spool.receive(Series.request(slice), Series.stream(slice));
    byte[] first = Files.readAllBytes(spool.objects(Series.UID).get(0));
    Dataset other = slice.copy().putString(Tag.SeriesDescription, "another");

    for (int i = 0; i < 2; i++) {
      assertEquals(
          ObjectOutcome.CONFLICT, spool.receive(Series.request(other), Series.stream(other)).outcome());
    }
    assertEquals(1, spool.objects(Series.UID).size());
    assertArrayEquals(first, Files.readAllBytes(spool.objects(Series.UID).get(0)));
    assertEquals(1, files().stream().filter(f -> f.toString().endsWith(".conflict")).count());
  }

  @Test
  void belowTheReserveNothingIsTaken() throws IOException {
    Spool full = Spool.open(folder, LIMITS, () -> LIMITS.diskReserve().bytes() - 1);
    Dataset slice = Series.slice(Series.UID, 0);
    DicomException refusal =
        assertThrows(
            DicomException.class, () -> full.receive(Series.request(slice), Series.stream(slice)));
    assertEquals(0xA700, refusal.status().orElseThrow());
    assertEquals(List.of(), full.objects(Series.UID));
  }

  @Test
  void badObjectsAreRefusedWithTheirStatusAndLeaveNothing() {
    Dataset slice = Series.slice(Series.UID, 0);
    byte[] bytes = Series.bytes(slice);
    assertRefused(0xC000, slice, Arrays.copyOf(bytes, bytes.length - 100));
    assertRefused(0xC000, slice, Arrays.copyOf(bytes, 200));
    assertRefused(0xC000, slice, "GET / HTTP/1.1\r\n\r\n".getBytes());
    assertRefused(0xC000, slice, new byte[0]);
    assertRefused(0xA700, slice, new byte[2 << 20]);
    assertRefused(0xC000, slice, Series.bytes(slice.copy().remove(Tag.SeriesInstanceUID)));
    assertRefused(0xC000, slice, Series.bytes(slice.copy().putString(Tag.SeriesInstanceUID, "../../etc")));
    assertRefused(0xA900, slice, Series.bytes(Series.slice(Series.UID, 1)));
  }

  private void assertRefused(int status, Dataset announced, byte[] sent) {
    DicomException refusal =
        assertThrows(
            DicomException.class,
            () -> spool.receive(Series.request(announced), new ByteArrayInputStream(sent)));
    assertEquals(status, refusal.status().orElseThrow(), refusal.getMessage());
    assertEquals(List.of(), files());
  }

  @Test
  void aSenderThatGoesAwayLeavesNothing() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("connection reset");
          }
        };
    Dataset slice = Series.slice(Series.UID, 0);
    assertThrows(IOException.class, () -> spool.receive(Series.request(slice), broken));
    assertEquals(List.of(), files());
  }

  @Test
  void aHostileUidNeverBecomesAPath() throws IOException {
    Dataset slice = Series.slice(Series.UID, 0).putString(Tag.SOPInstanceUID, "../../../escaped");
    StoreRequest request =
        new StoreRequest(
            Series.association(1),
            slice.string(Tag.SOPClassUID).orElseThrow(),
            "../../../escaped",
            TransferSyntax.EXPLICIT_LE);
    try {
      spool.receive(request, Series.stream(slice));
    } catch (DicomException refused) {
      assertEquals(0xC000, refused.status().orElseThrow());
    }
    for (Path file : files()) {
      String name = file.getFileName().toString();
      assertTrue(name.matches("[0-9a-f]{40}\\.dcm|series\\.properties"), name);
    }
  }

  @Test
  void whatIsThereIsFoundAgainAndHalfReceivedFilesAreRemoved() throws IOException {
    for (Dataset slice : Series.ct(3)) {
      spool.receive(Series.request(slice), Series.stream(slice));
    }
    Files.writeString(folder.resolve("incoming").resolve("1.part"), "half");

    Spool reopened = Spool.open(folder, LIMITS);
    Spool.SpooledSeries found = reopened.series().get(0);
    assertEquals(Series.UID, found.seriesUid());
    assertEquals("CT1", found.callingAe());
    assertEquals("NMSW", found.calledAe());
    assertEquals(3, found.objects());
    assertEquals(4, files().size());
  }

  private List<Path> files() {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}

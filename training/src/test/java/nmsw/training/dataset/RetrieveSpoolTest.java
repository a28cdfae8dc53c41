package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetrieveSpoolTest {
  private static final AssociationInfo PEER = new AssociationInfo(1, "PACS", "NODE", "127.0.0.1:1");

  @TempDir private Path parent;

  private static Dataset object(String instance, String series) {
    return new Dataset()
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, instance)
        .putString(Tag.StudyInstanceUID, "1.2")
        .putString(Tag.SeriesInstanceUID, series)
        .putBytes(Tag.PixelData, VR.OW, new byte[1000]);
  }

  private static Status store(RetrieveSpool spool, Dataset object, String sopClass) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DicomWriter.writeDataset(bytes, object, TransferSyntax.IMPLICIT_LE);
    StoreRequest request =
        new StoreRequest(PEER, sopClass, object.requireString(Tag.SOPInstanceUID), TransferSyntax.IMPLICIT_LE);
    return spool.store(request, new ByteArrayInputStream(bytes.toByteArray()));
  }

  private static Status store(RetrieveSpool spool, Dataset object) throws IOException {
    return store(spool, object, Uid.CTImageStorage);
  }

  private List<Path> inside() throws IOException {
    try (Stream<Path> paths = Files.walk(parent)) {
      return paths.filter(path -> !path.equals(parent)).toList();
    }
  }

  @Test
  void keepsTheObjectsOfTheSeriesThatIsRetrieved() throws IOException {
    try (RetrieveSpool spool = RetrieveSpool.create(parent, 1 << 20)) {
      spool.expect();
      assertTrue(store(spool, object("1.2.3.1", "1.2.3")).isSuccess());
      assertTrue(store(spool, object("1.2.3.1", "1.2.3")).isSuccess(), "sent twice");
      assertTrue(store(spool, object("1.2.9.1", "1.2.9")).isSuccess());
      List<Path> kept = spool.take("1.2", "1.2.3");
      assertEquals(1, kept.size());
      Dataset read = DicomReader.read(kept.get(0)).dataset();
      assertEquals("1.2.3.1", read.requireString(Tag.SOPInstanceUID));
      assertEquals(1000, read.bytes(Tag.PixelData).length);
      assertFalse(kept.get(0).getFileName().toString().contains("1.2.3"), "a name from the network is no path");
      try (Stream<Path> files = Files.list(spool.study())) {
        assertEquals(kept, files.toList());
      }
      spool.clear();
      assertFalse(Files.exists(kept.get(0)));
    }
    assertEquals(List.of(), inside());
  }

  @Test
  void takesNothingThatWasNotAskedFor() throws IOException {
    try (RetrieveSpool spool = RetrieveSpool.create(parent, 1 << 20)) {
      assertFalse(spool.admits(PEER));
      assertTrue(store(spool, object("1.2.3.1", "1.2.3")).isFailure());
      spool.expect();
      assertTrue(spool.admits(PEER));
      assertEquals(
          Status.SOP_CLASS_NOT_SUPPORTED, store(spool, object("1.2.3.1", "1.2.3"), Uid.MRImageStorage));
      spool.take("1.2", "1.2.3");
      assertFalse(spool.admits(PEER));
      assertEquals(0, spool.bytes());
    }
  }

  @Test
  void takesNoMoreThanItMay() throws IOException {
    try (RetrieveSpool spool = RetrieveSpool.create(parent, 1500)) {
      spool.expect();
      store(spool, object("1.2.3.1", "1.2.3"));
      DicomException refused =
          assertThrows(DicomException.class, () -> store(spool, object("1.2.3.2", "1.2.3")));
      assertEquals(Status.OUT_OF_RESOURCES.code(), refused.status().orElseThrow());
      assertFalse(spool.hasRoom());
      assertTrue(store(spool, object("1.2.3.3", "1.2.3")).isFailure());
      assertEquals(1, spool.take("1.2", "1.2.3").size());
    }
  }

  @Test
  void onlyItsOwnerMayEnter() throws IOException {
    try (RetrieveSpool spool = RetrieveSpool.create(parent, 1)) {
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(spool.study().getParent())));
    }
  }
}

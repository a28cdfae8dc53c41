package nmsw.scp;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The received objects on disk, the truth about what this node was given: {@code <hash of the series
 * UID>/<hash of the SOP Instance UID>.dcm}, Part 10 files with our own meta information and the data set
 * bytes as received, and per series one {@code series.properties} that says its UID and who sent it.
 *
 * <p>An object is written under a temporary name, checked, forced to disk and renamed; when {@link #receive}
 * returns it survives power loss. Safe for use by many associations at once.
 */
final class Spool {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final String SERIES_FILE = "series.properties";
  private static final long LARGE = 64L << 20;

  record Received(String seriesUid, ObjectOutcome outcome, long bytes) {}

  /** A series found on disk. */
  record SpooledSeries(String seriesUid, String callingAe, String calledAe, int objects) {}

  private final Path root;
  private final Path incoming;
  private final long reserve;
  private final ParseLimits limits;
  private final FreeSpace freeSpace;
  private final Object largeObject = new Object();
  private final Object placing = new Object();

  /** Asked before each object is received. */
  interface FreeSpace {
    long bytes() throws IOException;
  }

  private Spool(Path root, long reserve, ParseLimits limits, FreeSpace freeSpace) {
    this.root = root;
    this.incoming = root.resolve("incoming");
    this.reserve = reserve;
    this.limits = limits;
    this.freeSpace = freeSpace;
  }

  /** Opens or makes the spool; half-received objects of an earlier run, never acknowledged, are removed. */
  static Spool open(Path root, StorageConfig storage) throws IOException {
    Files.createDirectories(root);
    FileStore store = Files.getFileStore(root);
    return open(root, storage, store::getUsableSpace);
  }

  static Spool open(Path root, StorageConfig storage, FreeSpace freeSpace) throws IOException {
    ParseLimits limits = ParseLimits.defaults().withMaxTotalBytes(storage.maxObject().bytes());
    Spool spool = new Spool(root, storage.diskReserve().bytes(), limits, freeSpace);
    Files.createDirectories(root);
    DurableFiles.makeFolder(spool.incoming);
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(spool.incoming)) {
      for (Path leftover : leftovers) {
        Files.delete(leftover);
      }
    }
    return spool;
  }

  /**
   * Stores one object durably.
   *
   * @throws DicomException with the status to answer, if the object is not acceptable or there is no room
   * @throws IOException when the sender is gone
   */
  Received receive(StoreRequest request, InputStream dataset) throws IOException {
    requireSpace();
    Path temporary = Files.createTempFile(incoming, "", ".part");
    try {
      write(request, dataset, temporary);
      String seriesUid = check(request, temporary);
      Path target = folder(seriesUid).resolve(DurableFiles.nameFor(request.sopInstanceUid()) + ".dcm");
      long bytes = Files.size(temporary);
      return new Received(seriesUid, place(request, seriesUid, temporary, target), bytes);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** The objects of a series, in the order of their names; empty if the series is unknown. */
  List<Path> objects(String seriesUid) throws IOException {
    Path folder = folder(seriesUid);
    return Files.isDirectory(folder) ? objects(folder) : List.of();
  }

  /**
   * When the newest object of a series was received; the same before and after a restart.
   *
   * @return {@link Instant#EPOCH} if the series is unknown
   */
  Instant newest(String seriesUid) throws IOException {
    Instant newest = Instant.EPOCH;
    for (Path object : objects(seriesUid)) {
      Instant modified = Files.getLastModifiedTime(object).toInstant();
      newest = modified.isAfter(newest) ? modified : newest;
    }
    return newest;
  }

  /** Every series on disk. */
  List<SpooledSeries> series() throws IOException {
    List<SpooledSeries> all = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path folder : folders) {
        if (!folder.equals(incoming)) {
          describe(folder).ifPresent(all::add);
        }
      }
    }
    return all;
  }

  /** Free bytes of the disk. */
  long free() throws IOException {
    return freeSpace.bytes();
  }

  /** Free bytes below which objects are refused. */
  long reserve() {
    return reserve;
  }

  /**
   * @throws DicomException with status A700 if the disk has less left than the reserve
   */
  void requireSpace() throws IOException {
    long free = free();
    if (free < reserve) {
      throw new DicomException(
          Status.OUT_OF_RESOURCES.code(),
          "disk of "
              + root
              + " has "
              + new DataSize(free)
              + " left, below the reserve of "
              + new DataSize(reserve)
              + " (storage.diskReserve); free some space");
    }
  }

  private void write(StoreRequest request, InputStream dataset, Path file) throws IOException {
    byte[] buffer = new byte[64 << 10];
    long total = 0;
    try (OutputStream out = new DiskOutput(new BufferedOutputStream(Files.newOutputStream(file), 64 << 10))) {
      DicomWriter.writeFileMeta(
          out, request.sopClassUid(), request.sopInstanceUid(), request.transferSyntax());
      for (int n = dataset.read(buffer); n >= 0; n = dataset.read(buffer)) {
        total += n;
        if (total > limits.maxTotalBytes()) {
          throw new DicomException(
              Status.OUT_OF_RESOURCES.code(),
              "object " + request.sopInstanceUid() + " is larger than storage.maxObject");
        }
        out.write(buffer, 0, n);
      }
    }
  }

  /** Reads the whole object once, so that what we acknowledge is what the worker can read. */
  private String check(StoreRequest request, Path file) throws IOException {
    try {
      Dataset dataset;
      if (Files.size(file) > LARGE) {
        synchronized (largeObject) {
          dataset = parse(file);
        }
      } else {
        dataset = parse(file);
      }
      requireSame(dataset, Tag.SOPInstanceUID, request.sopInstanceUid());
      requireSame(dataset, Tag.SOPClassUID, request.sopClassUid());
      String seriesUid = dataset.requireString(Tag.SeriesInstanceUID);
      if (!Uid.isValid(seriesUid)) {
        throw DicomException.at(Tag.SeriesInstanceUID, "is not a valid UID");
      }
      return seriesUid;
    } catch (DicomException e) {
      throw e.status().isPresent() ? e : e.withStatus(Status.CANNOT_UNDERSTAND.code());
    }
  }

  private Dataset parse(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return DicomReader.read(in, limits).dataset();
    }
  }

  private static void requireSame(Dataset dataset, int tag, String expected) throws DicomException {
    if (!dataset.requireString(tag).equals(expected)) {
      throw DicomException.at(tag, "differs from the C-STORE command, which says " + expected)
          .withStatus(Status.DATASET_MISMATCH.code());
    }
  }

  /**
   * Contents reach the disk before the name does, the name before we return; only the renaming is done one by
   * one.
   */
  private ObjectOutcome place(StoreRequest request, String seriesUid, Path temporary, Path target)
      throws DicomException {
    try {
      if (!Files.exists(target)) {
        DurableFiles.force(temporary);
      }
      ObjectOutcome outcome;
      synchronized (placing) {
        outcome = rename(request, seriesUid, temporary, target);
      }
      DurableFiles.forceFolder(target.getParent());
      return outcome;
    } catch (IOException e) {
      throw diskFailure(e);
    }
  }

  private ObjectOutcome rename(StoreRequest request, String seriesUid, Path temporary, Path target)
      throws IOException {
    Path folder = target.getParent();
    if (!Files.exists(folder.resolve(SERIES_FILE))) {
      DurableFiles.makeFolder(folder);
      DurableFiles.writeString(folder.resolve(SERIES_FILE), describe(request, seriesUid));
    }
    if (!Files.exists(target)) {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return ObjectOutcome.NEW;
    }
    if (Files.mismatch(temporary, target) < 0) {
      return ObjectOutcome.DUPLICATE;
    }
    String content = DurableFiles.hex(DurableFiles.sha256().digest(Files.readAllBytes(temporary)));
    Path aside = folder.resolve(target.getFileName() + "." + content + ".conflict");
    DurableFiles.force(temporary);
    Files.move(temporary, aside, StandardCopyOption.ATOMIC_MOVE);
    LOG.warn(
        "series {} object {} from {} differs from the one we have; kept aside as {} and not used",
        seriesUid,
        request.sopInstanceUid(),
        request.association().callingAeTitle(),
        root.relativize(aside));
    return ObjectOutcome.CONFLICT;
  }

  private static DicomException diskFailure(IOException e) {
    return new DicomException("cannot write to the spool: " + e, e)
        .withStatus(Status.OUT_OF_RESOURCES.code());
  }

  private static String describe(StoreRequest request, String seriesUid) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("seriesUid", seriesUid);
    properties.setProperty("callingAe", request.association().callingAeTitle());
    properties.setProperty("calledAe", request.association().calledAeTitle());
    StringWriter text = new StringWriter();
    properties.store(text, null);
    return text.toString();
  }

  private static Optional<SpooledSeries> describe(Path folder) throws IOException {
    Path file = folder.resolve(SERIES_FILE);
    if (!Files.exists(file)) {
      // Made just before the power went: nothing in it was ever acknowledged.
      return Optional.empty();
    }
    Properties properties = new Properties();
    properties.load(new StringReader(Files.readString(file, StandardCharsets.UTF_8)));
    List<Path> objects = objects(folder);
    String seriesUid = properties.getProperty("seriesUid", "");
    if (objects.isEmpty() || !Uid.isValid(seriesUid)) {
      return Optional.empty();
    }
    return Optional.of(
        new SpooledSeries(
            seriesUid,
            properties.getProperty("callingAe", ""),
            properties.getProperty("calledAe", ""),
            objects.size()));
  }

  private static List<Path> objects(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".dcm")).sorted().toList();
    }
  }

  private Path folder(String seriesUid) {
    return root.resolve(DurableFiles.nameFor(seriesUid));
  }

  /** Tells failures of our disk (status A700) from failures of the sender's connection. */
  private static final class DiskOutput extends OutputStream {
    private final OutputStream disk;

    DiskOutput(OutputStream disk) {
      this.disk = disk;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        disk.write(bytes, offset, length);
      } catch (IOException e) {
        throw diskFailure(e);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        disk.close();
      } catch (IOException e) {
        throw diskFailure(e);
      }
    }
  }
}

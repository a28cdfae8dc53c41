package nmsw.scp.spool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreRequest;
import nmsw.scp.config.StorageConfig;
import nmsw.scp.disk.DurableFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The received objects on disk, the truth about what this node was given: {@code <hash of the series
 * UID>/<hash of the SOP Instance UID>.dcm}, Part 10 files with our own meta information and the data set
 * bytes as received, and per series one {@code series.properties} that says its UID and who sent it.
 *
 * <p>An object is written under a temporary name, checked, forced to disk and linked to its own name, which fails where
 * another node that shares the disk was first. Its folder is synced, with those of other associations that are under way just
 * then ({@link GroupSync}); when {@link #receive} returns it survives power loss. What is removed is first renamed as a whole,
 * so that no series is ever seen in parts. Safe for use by many associations and nodes at once.
 */
public final class Spool {
  private static final Logger LOG = LoggerFactory.getLogger(Spool.class);
  private static final String INCOMING = "incoming";
  private static final String SERIES_FILE = "series.properties";
  private static final String REMOVED = ".removed";
  private static final int BUFFER = 64 << 10;
  private static final long LARGE = 64L << 20;
  private static final int LOCKS = 64;

  public record Received(String seriesUid, ObjectOutcome outcome, long bytes) {}

  /**
   * A series found on disk.
   *
   * @param bytes of all its files, with what was kept aside
   */
  public record SpooledSeries(String seriesUid, String callingAe, String calledAe, int objects, long bytes) {}

  /** Says which series an object belongs to. */
  public interface Filing {
    /**
     * @return the series under which the object is kept; empty if it need not be kept
     * @throws DicomException with the status to answer, if the object is not taken
     */
    Optional<String> seriesUid(DicomFile object) throws DicomException;
  }

  /** Has the last word on the removal of a series. */
  public interface Consent {
    boolean given() throws SQLException;
  }

  private final Path root;
  private final Path incoming;
  private final ParseLimits limits;
  private final SpoolSpace space;
  private final boolean links;
  private final GroupSync folders = new GroupSync(DurableFiles::forceFolder);
  private final Object largeObject = new Object();
  private final Object[] locks = new Object[LOCKS];

  private Spool(Path root, Path incoming, ParseLimits limits, SpoolSpace space, boolean links) {
    this.root = root;
    this.links = links;
    this.incoming = incoming;
    this.limits = limits;
    this.space = space;
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new Object();
    }
  }

  /**
   * Opens or makes the spool; half-received objects of an earlier run of this node, never acknowledged, are removed.
   *
   * @param node what it is called among the nodes that share the spool
   */
  public static Spool open(Path root, String node, StorageConfig storage) throws IOException {
    Files.createDirectories(root);
    FileStore store = Files.getFileStore(root);
    return open(root, node, storage, store::getUsableSpace);
  }

  /** The spool of a node that is the only one. */
  static Spool open(Path root, StorageConfig storage) throws IOException {
    return open(root, "node", storage);
  }

  static Spool open(Path root, StorageConfig storage, SpoolSpace.FreeSpace freeSpace) throws IOException {
    return open(root, "node", storage, freeSpace);
  }

  private static Spool open(Path root, String node, StorageConfig storage, SpoolSpace.FreeSpace freeSpace)
      throws IOException {
    ParseLimits limits = ParseLimits.defaults().withMaxTotalBytes(storage.maxObject().bytes());
    SpoolSpace space = new SpoolSpace(freeSpace, storage.diskReserve(), storage.quota());
    Files.createDirectories(root);
    Path incoming = root.resolve(INCOMING);
    DurableFiles.makeFolder(incoming);
    Path own = incoming.resolve(node);
    DurableFiles.makeFolder(own);
    removeAll(own, leftover -> true);
    Spool spool = new Spool(root, own, limits, space, hasLinks(own));
    // Of the time when a spool had one node.
    removeAll(incoming, leftover -> !Files.isDirectory(leftover));
    spool.recount();
    return spool;
  }

  private static boolean hasLinks(Path folder) throws IOException {
    Path file;
    try {
      file = Files.createTempFile(folder, "", ".part");
    } catch (IOException e) {
      // No room, as it seems; until there is nothing will be linked.
      return true;
    }
    Path link = file.resolveSibling(file.getFileName() + ".link");
    try {
      Files.createLink(link, file);
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      LOG.warn(
          "{} knows no hard links ({}): where two nodes get different objects of one UID at the same moment, the later one is kept",
          folder,
          e.toString());
      return false;
    } finally {
      Files.deleteIfExists(link);
      Files.delete(file);
    }
  }

  private static void removeAll(Path folder, DirectoryStream.Filter<Path> filter) throws IOException {
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, filter)) {
      for (Path leftover : leftovers) {
        delete(leftover);
      }
    }
  }

  /**
   * Stores one object durably, in its own series.
   *
   * @throws DicomException with the status to answer, if the object is not acceptable or there is no room
   * @throws IOException when the sender is gone
   */
  public Received receive(StoreRequest request, InputStream dataset) throws IOException {
    Filing bySeries = object -> Optional.of(object.dataset().requireString(Tag.SeriesInstanceUID));
    return receive(request, dataset, bySeries).orElseThrow();
  }

  /**
   * Stores one object durably.
   *
   * @return empty if it need not be kept
   * @throws DicomException with the status to answer, if the object is not acceptable or there is no room
   * @throws IOException when the sender is gone
   */
  public Optional<Received> receive(StoreRequest request, InputStream dataset, Filing filing) throws IOException {
    try (SpoolSpace.Claim claim = space.claim(request.association().callingAeTitle())) {
      Path temporary = newFile();
      try {
        write(request, dataset, temporary, claim);
        Optional<String> seriesUid = check(request, temporary, filing);
        if (seriesUid.isEmpty()) {
          return Optional.empty();
        }
        Path target = file(seriesUid.get(), request.sopInstanceUid());
        long bytes = Files.size(temporary);
        return Optional.of(new Received(seriesUid.get(), place(request, seriesUid.get(), temporary, target), bytes));
      } finally {
        Files.deleteIfExists(temporary);
      }
    }
  }

  /** The objects of a series, in the order of their names; empty if the series is unknown. */
  public List<Path> objects(String seriesUid) throws IOException {
    Path folder = folder(seriesUid);
    return Files.isDirectory(folder) ? objects(folder) : List.of();
  }

  /**
   * When the newest object of a series was received; the same before and after a restart.
   *
   * @return {@link Instant#EPOCH} if the series is unknown
   */
  public Instant newest(String seriesUid) throws IOException {
    Instant newest = Instant.EPOCH;
    for (Path object : objects(seriesUid)) {
      Instant modified = Files.getLastModifiedTime(object).toInstant();
      newest = modified.isAfter(newest) ? modified : newest;
    }
    return newest;
  }

  /** Every series on disk. */
  public List<SpooledSeries> series() throws IOException {
    List<SpooledSeries> all = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path folder : folders) {
        if (!folder.endsWith(INCOMING)) {
          find(folder).ifPresent(all::add);
        }
      }
    }
    return all;
  }

  /**
   * Removes a series as a whole, unless it changed meanwhile.
   *
   * @param series as it was found
   * @param consent asked while nothing can be added to the series
   * @return the bytes that are free now; empty if it was not removed, because another object had come or there was no
   *     consent
   */
  public OptionalLong remove(SpooledSeries series, Consent consent) throws IOException, SQLException {
    Path folder = folder(series.seriesUid());
    Path away = incoming.resolve(folder.getFileName() + REMOVED);
    synchronized (lock(folder)) {
      if (objects(series.seriesUid()).size() != series.objects() || !consent.given()) {
        return OptionalLong.empty();
      }
      // Half a folder would be taken for a series with fewer slices: it goes in one step.
      Files.move(folder, away, StandardCopyOption.ATOMIC_MOVE);
      if (objects(away).size() != series.objects()) {
        // Another node that shares the disk put something in.
        restore(away, folder);
        return OptionalLong.empty();
      }
    }
    DurableFiles.forceFolder(root);
    delete(away);
    space.removed(series.callingAe(), series.bytes());
    return OptionalLong.of(series.bytes());
  }

  private void restore(Path away, Path folder) throws IOException {
    if (!Files.exists(folder)) {
      Files.move(away, folder, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(away)) {
      for (Path file : files) {
        Path back = folder.resolve(file.getFileName());
        if (!give(file, back) && isObject(file) && !isSame(file, back)) {
          give(file, aside(file, back));
        }
      }
    }
    DurableFiles.forceFolder(folder);
    delete(away);
  }

  /** Every series on disk; what they take is the quotas' count from now on. */
  public List<SpooledSeries> recount() throws IOException {
    space.recounting();
    List<SpooledSeries> all = series();
    Map<String, Long> bytes = new HashMap<>();
    all.forEach(series -> bytes.merge(series.callingAe(), series.bytes(), Long::sum));
    space.recounted(bytes);
    return all;
  }

  /** Who may write how much. */
  public SpoolSpace space() {
    return space;
  }

  private Path newFile() throws DicomException {
    try {
      return Files.createTempFile(incoming, "", ".part");
    } catch (IOException e) {
      throw diskFailure(e);
    }
  }

  private void write(StoreRequest request, InputStream dataset, Path file, SpoolSpace.Claim claim)
      throws IOException {
    ByteArrayOutputStream meta = new ByteArrayOutputStream();
    DicomWriter.writeFileMeta(meta, request.sopClassUid(), request.sopInstanceUid(), request.transferSyntax());
    byte[] buffer = new byte[BUFFER];
    long total = 0;
    try (OutputStream out = new DiskOutput(Files.newOutputStream(file))) {
      write(meta.toByteArray(), meta.size(), out, claim);
      for (int n = dataset.readNBytes(buffer, 0, BUFFER); n > 0; n = dataset.readNBytes(buffer, 0, BUFFER)) {
        total += n;
        if (total > limits.maxTotalBytes()) {
          throw new DicomException(
              Status.OUT_OF_RESOURCES.code(),
              "object " + request.sopInstanceUid() + " is larger than storage.maxObject");
        }
        write(buffer, n, out, claim);
      }
    }
  }

  private static void write(byte[] bytes, int length, OutputStream out, SpoolSpace.Claim claim) throws IOException {
    claim.require(length);
    out.write(bytes, 0, length);
    claim.written(length);
  }

  /** Reads the whole object once, so that what we acknowledge is what the worker can read. */
  private Optional<String> check(StoreRequest request, Path file, Filing filing) throws IOException {
    try {
      if (Files.size(file) > LARGE) {
        synchronized (largeObject) {
          return check(request, parse(file), filing);
        }
      }
      return check(request, parse(file), filing);
    } catch (DicomException e) {
      throw e.status().isPresent() ? e : e.withStatus(Status.CANNOT_UNDERSTAND.code());
    }
  }

  private static Optional<String> check(StoreRequest request, DicomFile object, Filing filing) throws DicomException {
    requireSame(object.dataset(), Tag.SOPInstanceUID, request.sopInstanceUid());
    requireSame(object.dataset(), Tag.SOPClassUID, request.sopClassUid());
    Optional<String> seriesUid = filing.seriesUid(object);
    if (seriesUid.isPresent() && !Uid.isValid(seriesUid.get())) {
      throw DicomException.at(Tag.SeriesInstanceUID, "is not a valid UID");
    }
    return seriesUid;
  }

  private DicomFile parse(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return DicomReader.read(in, limits);
    }
  }

  private static void requireSame(Dataset dataset, int tag, String expected) throws DicomException {
    if (!dataset.requireString(tag).equals(expected)) {
      throw DicomException.at(tag, "differs from the C-STORE command, which says " + expected)
          .withStatus(Status.DATASET_MISMATCH.code());
    }
  }

  /**
   * Contents reach the disk before the name does, the name before we return; only the naming within one series is done
   * one by one.
   */
  private ObjectOutcome place(StoreRequest request, String seriesUid, Path temporary, Path target)
      throws DicomException {
    try {
      boolean forced = !Files.exists(target);
      if (forced) {
        DurableFiles.force(temporary);
      }
      Path folder = target.getParent();
      ObjectOutcome outcome;
      synchronized (lock(folder)) {
        outcome = name(request, seriesUid, temporary, forced, target);
      }
      folders.sync(folder);
      return outcome;
    } catch (IOException e) {
      throw diskFailure(e);
    }
  }

  private ObjectOutcome name(
      StoreRequest request, String seriesUid, Path temporary, boolean forced, Path target) throws IOException {
    Path folder = target.getParent();
    if (!Files.exists(folder.resolve(SERIES_FILE))) {
      DurableFiles.makeFolder(folder);
      DurableFiles.writeString(folder.resolve(SERIES_FILE), describe(request, seriesUid));
    }
    if (forced && give(temporary, target)) {
      space.added(owner(folder), Files.size(target));
      return ObjectOutcome.NEW;
    }
    if (Files.exists(target) && isSame(temporary, target)) {
      return ObjectOutcome.DUPLICATE;
    }
    if (!forced) {
      DurableFiles.force(temporary);
      // What was there may have been removed meanwhile.
      return name(request, seriesUid, temporary, true, target);
    }
    Path aside = aside(temporary, target);
    if (give(temporary, aside)) {
      space.added(owner(folder), Files.size(aside));
    }
    LOG.warn(
        "series {} object {} from {} differs from the one we have; kept aside as {} and not used",
        seriesUid,
        request.sopInstanceUid(),
        request.association().callingAeTitle(),
        root.relativize(aside));
    return ObjectOutcome.CONFLICT;
  }

  /**
   * Gives a file another name beside its own, if nobody else has that name, in one step for all nodes that share the disk.
   *
   * @return false if the name is another file's
   */
  private boolean give(Path file, Path name) throws IOException {
    if (Files.exists(name)) {
      return false;
    }
    if (!links) {
      Files.move(file, name, StandardCopyOption.ATOMIC_MOVE);
      return true;
    }
    try {
      Files.createLink(name, file);
      return true;
    } catch (FileAlreadyExistsException e) {
      // NFS 3 repeats a request whose answer it lost: then it was this one that made the name.
      return Files.isSameFile(file, name);
    }
  }

  /** Where an object is kept that differs from the one that has its name; the same for the same content. */
  private static Path aside(Path object, Path name) throws IOException {
    return name.resolveSibling(name.getFileName() + "." + digest(object) + ".conflict");
  }

  /** Whether both hold the same data set; one may have come in another uncompressed transfer syntax. */
  private boolean isSame(Path one, Path other) throws IOException {
    if (Files.mismatch(one, other) < 0) {
      return true;
    }
    TransferSyntax first = DicomReader.readUntil(one, Tag.SOPInstanceUID).transferSyntax();
    TransferSyntax second = DicomReader.readUntil(other, Tag.SOPInstanceUID).transferSyntax();
    return !first.equals(second)
        && !first.encapsulated()
        && !second.encapsulated()
        && values(one).equals(values(other));
  }

  /** A digest of all values; Implicit VR says nothing but these. */
  private String values(Path file) throws IOException {
    DigestOutputStream digest = new DigestOutputStream(OutputStream.nullOutputStream(), DurableFiles.sha256());
    synchronized (largeObject) {
      DicomWriter.writeDataset(digest, parse(file).dataset(), TransferSyntax.IMPLICIT_LE);
    }
    return DurableFiles.hex(digest.getMessageDigest().digest());
  }

  private static String digest(Path file) throws IOException {
    DigestOutputStream digest = new DigestOutputStream(OutputStream.nullOutputStream(), DurableFiles.sha256());
    Files.copy(file, digest);
    return DurableFiles.hex(digest.getMessageDigest().digest());
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

  private static Optional<SpooledSeries> find(Path folder) throws IOException {
    try {
      return describe(folder);
    } catch (NoSuchFileException e) {
      if (Files.exists(folder)) {
        throw e;
      }
      // Another node that shares the disk has just removed it.
      return Optional.empty();
    }
  }

  private static Optional<SpooledSeries> describe(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(SERIES_FILE))) {
      // Made just before the power went: nothing in it was ever acknowledged.
      return Optional.empty();
    }
    Properties properties = properties(folder);
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
            objects.size(),
            bytes(folder)));
  }

  private static Properties properties(Path folder) throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(Files.readString(folder.resolve(SERIES_FILE), StandardCharsets.UTF_8)));
    return properties;
  }

  /** The calling AE that brought the first object of a series. */
  private static String owner(Path folder) throws IOException {
    return properties(folder).getProperty("callingAe", "");
  }

  private static long bytes(Path folder) throws IOException {
    long bytes = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        bytes += bytesOf(file);
      }
    }
    return bytes;
  }

  private static long bytesOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      // It had a name for a moment only, as what is being written has.
      return 0;
    }
  }

  private static void delete(Path leftover) throws IOException {
    if (Files.isDirectory(leftover)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(leftover)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
    }
    Files.delete(leftover);
  }

  private static List<Path> objects(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Spool::isObject).sorted().toList();
    }
  }

  private static boolean isObject(Path file) {
    return file.getFileName().toString().endsWith(".dcm");
  }

  private Object lock(Path folder) {
    return locks[Math.floorMod(folder.hashCode(), LOCKS)];
  }

  /** Where an object of a series is, if it is there. */
  public Path file(String seriesUid, String sopInstanceUid) {
    return folder(seriesUid).resolve(DurableFiles.nameFor(sopInstanceUid) + ".dcm");
  }

  /** Where the objects of a series are. What else is known of it may be kept beside them, and goes with them. */
  public Path folder(String seriesUid) {
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

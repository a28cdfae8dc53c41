package nmsw.training.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.net.AssociationInfo;
import nmsw.dicom.net.Status;
import nmsw.dicom.net.StoreHandler;
import nmsw.dicom.net.StoreRequest;

/**
 * Where objects of a PACS lie until they are imported: a folder that only its owner may enter, removed at the end, by
 * Ctrl-C too. Objects are taken only while a series is retrieved, and only those of that series are kept.
 */
final class RetrieveSpool implements StoreHandler, AutoCloseable {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final int NAME_BYTES = 16;
  private static final int BUFFER = 64 * 1024;

  private final Path root;
  private final Path arriving;
  private final Path study;
  private final long maxBytes;
  private final Thread removal = new Thread(this::removeQuietly, "retrieve-spool-removal");

  // Objects of a C-MOVE come on threads of their own: this guards all below.
  private final Object lock = new Object();
  private final Set<String> names = new HashSet<>();
  private boolean expecting;
  private boolean full;
  private long bytes;

  private RetrieveSpool(Path root, long maxBytes) throws IOException {
    this.root = root;
    this.maxBytes = maxBytes;
    arriving = Files.createDirectory(root.resolve("arriving"));
    study = Files.createDirectory(root.resolve("study"));
  }

  /**
   * @param parent where to make the folder
   * @param maxBytes data sets taken in all, until closed
   */
  static RetrieveSpool create(Path parent, long maxBytes) throws IOException {
    RetrieveSpool spool = new RetrieveSpool(Files.createTempDirectory(parent, "nmsw-retrieve-", OWNER_ONLY), maxBytes);
    Runtime.getRuntime().addShutdownHook(spool.removal);
    return spool;
  }

  /** Of the objects that were kept. */
  Path study() {
    return study;
  }

  long maxBytes() {
    return maxBytes;
  }

  /** Taken so far. */
  long bytes() {
    synchronized (lock) {
      return bytes;
    }
  }

  /** Whether no object was refused for want of room. */
  boolean hasRoom() {
    synchronized (lock) {
      return !full;
    }
  }

  /** From now on objects are taken. */
  void expect() {
    synchronized (lock) {
      expecting = true;
      names.clear();
    }
  }

  @Override
  public boolean admits(AssociationInfo association) {
    synchronized (lock) {
      return expecting;
    }
  }

  @Override
  public Status store(StoreRequest request, InputStream dataset) throws IOException {
    if (!DicomFolder.IMAGES.contains(request.sopClassUid()) && !DicomFolder.LABELS.contains(request.sopClassUid())) {
      return Status.SOP_CLASS_NOT_SUPPORTED;
    }
    String name = fileName(request.sopInstanceUid());
    synchronized (lock) {
      if (!expecting || full) {
        return Status.OUT_OF_RESOURCES;
      }
      if (!names.add(name)) {
        return Status.SUCCESS;
      }
    }
    Path file = arriving.resolve(name);
    try {
      write(file, request, dataset);
      return Status.SUCCESS;
    } catch (IOException e) {
      Files.deleteIfExists(file);
      synchronized (lock) {
        names.remove(name);
      }
      throw e;
    }
  }

  /** A name of an object that tells nothing and is the same each time: a case's signature is made of it. */
  private static String fileName(String sopInstanceUid) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(sopInstanceUid.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(hash, 0, NAME_BYTES) + ".dcm";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private void write(Path file, StoreRequest request, InputStream dataset) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      DicomWriter.writeFileMeta(out, request.sopClassUid(), request.sopInstanceUid(), request.transferSyntax());
      byte[] buffer = new byte[BUFFER];
      for (int n = dataset.read(buffer); n >= 0; n = dataset.read(buffer)) {
        spend(n);
        out.write(buffer, 0, n);
      }
    }
  }

  private void spend(int n) throws IOException {
    synchronized (lock) {
      full = full || bytes + n > maxBytes;
      if (full) {
        throw new DicomException(Status.OUT_OF_RESOURCES.code(), "the import's limit of bytes is reached");
      }
      bytes += n;
    }
  }

  /** Keeps what has come since {@link #expect} and is of a series; nothing more is taken. */
  List<Path> take(String studyUid, String seriesUid) throws IOException {
    synchronized (lock) {
      expecting = false;
    }
    List<Path> kept = new ArrayList<>();
    for (Path file : files(arriving)) {
      if (isOf(file, studyUid, seriesUid)) {
        kept.add(Files.move(file, study.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING));
      } else {
        Files.delete(file);
      }
    }
    return kept;
  }

  private static boolean isOf(Path file, String studyUid, String seriesUid) throws IOException {
    try {
      Dataset header = DicomReader.readUntil(file, Tag.StudyID).dataset();
      return header.string(Tag.StudyInstanceUID).orElse("").equals(studyUid)
          && header.string(Tag.SeriesInstanceUID).orElse("").equals(seriesUid);
    } catch (DicomException e) {
      return false;
    }
  }

  /** Forgets the study; its bytes stay counted. */
  void clear() throws IOException {
    synchronized (lock) {
      expecting = false;
    }
    for (Path folder : List.of(arriving, study)) {
      for (Path file : files(folder)) {
        Files.delete(file);
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private void remove() throws IOException {
    synchronized (lock) {
      expecting = false;
    }
    if (Files.exists(study)) {
      // At once, lest an import that goes on while the process is told to stop takes a part of a series for all of it.
      Files.move(study, root.resolve("removed"), StandardCopyOption.ATOMIC_MOVE);
    }
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void removeQuietly() {
    try {
      remove();
    } catch (IOException e) {
      System.err.println("remove " + root + ", which holds images of patients: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    try {
      Runtime.getRuntime().removeShutdownHook(removal);
    } catch (IllegalStateException e) {
      // The process is ending: the hook removes.
      return;
    }
    try {
      remove();
    } catch (IOException e) {
      throw new IOException("remove " + root + ", which holds images of patients: " + e.getMessage(), e);
    }
  }
}

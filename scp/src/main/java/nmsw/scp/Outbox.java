package nmsw.scp;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The objects that some destination has not accepted yet, on disk: per object and destination a {@code .dcm}
 * file and a {@code .properties} file, whose rename makes the entry exist. Survives power loss; safe for use
 * by several threads.
 */
final class Outbox {
  /** One object of a result for one destination. */
  record Entry(
      String id,
      String seriesUid,
      int revision,
      ResultKind kind,
      String sopInstanceUid,
      String destination,
      Path file) {}

  private static final String DESCRIPTION = ".properties";
  private static final String OBJECT = ".dcm";

  private final Path folder;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  private Outbox(Path folder) {
    this.folder = folder;
  }

  /** Opens or makes the outbox; what was being written when the node stopped is removed. */
  static Outbox open(Path folder) throws IOException {
    Files.createDirectories(folder);
    Outbox outbox = new Outbox(folder);
    try (DirectoryStream<Path> descriptions = Files.newDirectoryStream(folder, "*" + DESCRIPTION)) {
      for (Path description : descriptions) {
        Entry entry = outbox.read(description);
        outbox.entries.put(entry.id(), entry);
      }
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        boolean orphan =
            name.endsWith(OBJECT)
                && !outbox.entries.containsKey(name.substring(0, name.length() - OBJECT.length()));
        if (orphan || name.endsWith(".part")) {
          Files.delete(file);
        }
      }
    }
    return outbox;
  }

  /**
   * Adds an object of a result for one destination; durable on return. The same object for the same
   * destination replaces it.
   */
  Entry put(String seriesUid, int revision, String destination, ResultObject object) throws IOException {
    String sopInstanceUid = object.sopInstanceUid();
    String id = DurableFiles.nameFor(sopInstanceUid + " " + destination);
    Path file = folder.resolve(id + OBJECT);
    Entry entry = new Entry(id, seriesUid, revision, object.kind(), sopInstanceUid, destination, file);
    Path temporary = Files.createTempFile(folder, "new-", ".part");
    try {
      try (OutputStream out = Files.newOutputStream(temporary)) {
        object.writeTo(out);
      }
      DurableFiles.force(temporary);
      DurableFiles.moveInto(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
    DurableFiles.writeString(folder.resolve(id + DESCRIPTION), describe(entry));
    entries.put(id, entry);
    return entry;
  }

  /** Everything undelivered, what others refer to first, and in a fixed order; a snapshot. */
  List<Entry> entries() {
    return entries.values().stream()
        .sorted(Comparator.comparing(Entry::kind).thenComparing(Entry::id))
        .toList();
  }

  /** Number of undelivered objects for one destination. */
  long waiting(String destination) {
    return entries.values().stream().filter(entry -> entry.destination().equals(destination)).count();
  }

  /** Takes out an entry that its destination has accepted. */
  void remove(Entry entry) throws IOException {
    Files.deleteIfExists(folder.resolve(entry.id() + DESCRIPTION));
    DurableFiles.forceFolder(folder);
    Files.deleteIfExists(entry.file());
    entries.remove(entry.id());
  }

  private static String describe(Entry entry) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("seriesUid", entry.seriesUid());
    properties.setProperty("revision", Integer.toString(entry.revision()));
    properties.setProperty("kind", entry.kind().toString());
    properties.setProperty("sopInstanceUid", entry.sopInstanceUid());
    properties.setProperty("destination", entry.destination());
    StringWriter text = new StringWriter();
    properties.store(text, null);
    return text.toString();
  }

  private Entry read(Path description) throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(Files.readString(description)));
    String name = description.getFileName().toString();
    String id = name.substring(0, name.length() - DESCRIPTION.length());
    try {
      return new Entry(
          id,
          properties.getProperty("seriesUid", ""),
          Integer.parseInt(properties.getProperty("revision", "")),
          // Entries of the time when there were only Segmentations do not say it.
          ResultKind.parse(properties.getProperty("kind", ResultKind.SEG.toString())),
          properties.getProperty("sopInstanceUid", ""),
          properties.getProperty("destination", ""),
          folder.resolve(id + OBJECT));
    } catch (IllegalArgumentException e) {
      throw new IOException(description + " is damaged; move it and its .dcm out of the outbox", e);
    }
  }
}

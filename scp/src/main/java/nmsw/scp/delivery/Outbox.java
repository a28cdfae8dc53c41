package nmsw.scp.delivery;

import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import nmsw.scp.config.ResultKind;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.result.ResultObject;

/**
 * The objects that some destination has not accepted yet, or not taken the responsibility for, on disk: per object and
 * destination a {@code .dcm} file and a {@code .properties} file, whose rename makes the entry exist. Survives power
 * loss; safe for use by several threads.
 */
public final class Outbox {
  /** What is to be done next with an object. */
  enum Step {
    /** The destination has not accepted it. */
    SEND,
    /** It has; next it is asked to take the responsibility for it (storage commitment). */
    ASK,
    /** It was asked; its report is awaited. */
    AWAIT
  }

  /**
   * One object of a result for one destination.
   *
   * @param since when it was put in
   * @param transactions the Transaction UIDs of the requests for storage commitment, the last at the end
   * @param asked when the last of them was made; empty if there is none
   */
  public record Entry(
      String id,
      String seriesUid,
      int revision,
      ResultKind kind,
      String sopInstanceUid,
      String destination,
      Path file,
      Instant since,
      Step step,
      List<String> transactions,
      Optional<Instant> asked) {

    private static final int MAX_TRANSACTIONS = 8;

    public Entry {
      transactions = List.copyOf(transactions);
    }

    Entry in(Path newFile) {
      return new Entry(
          id, seriesUid, revision, kind, sopInstanceUid, destination, newFile, since, step, transactions, asked);
    }

    Entry at(Step next) {
      return new Entry(
          id, seriesUid, revision, kind, sopInstanceUid, destination, file, since, next, transactions, asked);
    }

    /** Awaits the report on a transaction; a late one on an earlier transaction is still known, but not for ever. */
    Entry asking(String transactionUid, Instant when) {
      List<String> all = new ArrayList<>(transactions);
      all.add(transactionUid);
      List<String> last = all.subList(Math.max(0, all.size() - MAX_TRANSACTIONS), all.size());
      return new Entry(
          id, seriesUid, revision, kind, sopInstanceUid, destination, file, since, Step.AWAIT, last, Optional.of(when));
    }

    /** As it was put in: nothing that was asked before counts. */
    Entry anew() {
      return new Entry(
          id,
          seriesUid,
          revision,
          kind,
          sopInstanceUid,
          destination,
          file,
          since,
          Step.SEND,
          List.of(),
          Optional.empty());
    }

    boolean isLastTransaction(String transactionUid) {
      return !transactions.isEmpty() && transactions.get(transactions.size() - 1).equals(transactionUid);
    }
  }

  private static final String DESCRIPTION = ".properties";
  private static final String OBJECT = ".dcm";

  private final Path folder;
  private final InstantSource clock;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  private Outbox(Path folder, InstantSource clock) {
    this.folder = folder;
    this.clock = clock;
  }

  /** Opens or makes the outbox; what was being written when the node stopped is removed. */
  public static Outbox open(Path folder, InstantSource clock) throws IOException {
    Files.createDirectories(folder);
    Outbox outbox = new Outbox(folder, clock);
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
  public Entry put(String seriesUid, int revision, String destination, ResultObject object) throws IOException {
    String sopInstanceUid = object.sopInstanceUid();
    String id = DurableFiles.nameFor(sopInstanceUid + " " + destination);
    Path file = folder.resolve(id + OBJECT);
    Entry entry =
        new Entry(
            id,
            seriesUid,
            revision,
            object.kind(),
            sopInstanceUid,
            destination,
            file,
            clock.instant(),
            Step.SEND,
            List.of(),
            Optional.empty());
    Path temporary = Files.createTempFile(folder, "new-", ".part");
    try {
      try (OutputStream out = Files.newOutputStream(temporary)) {
        object.writeTo(out);
      }
      DurableFiles.force(temporary);
      synchronized (this) {
        DurableFiles.moveInto(temporary, file);
        write(entry);
      }
    } finally {
      Files.deleteIfExists(temporary);
    }
    return entry;
  }

  /** The names of the outboxes in a folder that hold something. */
  public static List<String> names(Path folder) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> outboxes = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path outbox : outboxes) {
        try (DirectoryStream<Path> descriptions = Files.newDirectoryStream(outbox, "*" + DESCRIPTION)) {
          if (descriptions.iterator().hasNext()) {
            names.add(outbox.getFileName().toString());
          }
        }
      }
    }
    return names;
  }

  /** Chooses entries of another outbox. */
  public interface Choice {
    boolean takes(Entry entry) throws SQLException;
  }

  /**
   * Moves what another outbox holds into this one; its node must not run. May be repeated after it broke off: an entry is
   * there, in one of them at least, at any time.
   *
   * @param folder of the other outbox, need not exist; empty afterwards
   * @param choice what it does not take is deleted
   */
  public void adopt(Path folder, Choice choice) throws IOException, SQLException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    Outbox other = open(folder, clock);
    for (Entry entry : other.entries()) {
      if (choice.takes(entry)) {
        adopt(entry);
      }
      other.remove(entry);
    }
  }

  /** The same object for the same destination, made here meanwhile, stays. */
  private synchronized void adopt(Entry entry) throws IOException {
    if (!entries.containsKey(entry.id())) {
      copy(entry.file(), folder.resolve(entry.id() + OBJECT));
      write(entry.in(folder.resolve(entry.id() + OBJECT)));
    }
  }

  private void copy(Path file, Path target) throws IOException {
    Path temporary = Files.createTempFile(folder, "new-", ".part");
    try {
      Files.copy(file, temporary, StandardCopyOption.REPLACE_EXISTING);
      DurableFiles.force(temporary);
      DurableFiles.moveInto(temporary, target);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Everything undelivered, what others refer to first, and in a fixed order; a snapshot. */
  public List<Entry> entries() {
    return entries.values().stream()
        .sorted(Comparator.comparing(Entry::kind).thenComparing(Entry::id))
        .toList();
  }

  /** What one destination has not accepted or committed to yet, in the same order. */
  List<Entry> entries(String destination) {
    return entries().stream().filter(entry -> entry.destination().equals(destination)).toList();
  }

  /** What a report of storage commitment is about. */
  List<Entry> ofTransaction(String transactionUid) {
    return entries().stream().filter(entry -> entry.transactions().contains(transactionUid)).toList();
  }

  /**
   * Replaces an entry; durable on return.
   *
   * @return false if it was changed or taken out meanwhile, and nothing was done
   */
  synchronized boolean change(Entry from, Entry to) throws IOException {
    if (!from.equals(entries.get(from.id()))) {
      return false;
    }
    write(to);
    return true;
  }

  /**
   * Takes out an entry that its destination has accepted; durable on return.
   *
   * @return false if it was changed or taken out meanwhile, and nothing was done
   */
  public synchronized boolean remove(Entry entry) throws IOException {
    if (!entry.equals(entries.get(entry.id()))) {
      return false;
    }
    Files.deleteIfExists(folder.resolve(entry.id() + DESCRIPTION));
    DurableFiles.forceFolder(folder);
    Files.deleteIfExists(entry.file());
    entries.remove(entry.id());
    return true;
  }

  private void write(Entry entry) throws IOException {
    DurableFiles.writeString(folder.resolve(entry.id() + DESCRIPTION), describe(entry));
    entries.put(entry.id(), entry);
  }

  private static String describe(Entry entry) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("seriesUid", entry.seriesUid());
    properties.setProperty("revision", Integer.toString(entry.revision()));
    properties.setProperty("kind", entry.kind().toString());
    properties.setProperty("sopInstanceUid", entry.sopInstanceUid());
    properties.setProperty("destination", entry.destination());
    properties.setProperty("since", entry.since().toString());
    properties.setProperty("step", entry.step().name());
    properties.setProperty("transactions", String.join(" ", entry.transactions()));
    properties.setProperty("asked", entry.asked().map(Instant::toString).orElse(""));
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
      // What an entry of an earlier version does not say has the value that was meant then.
      return new Entry(
          id,
          properties.getProperty("seriesUid", ""),
          Integer.parseInt(properties.getProperty("revision", "")),
          ResultKind.parse(properties.getProperty("kind", ResultKind.SEG.toString())),
          properties.getProperty("sopInstanceUid", ""),
          properties.getProperty("destination", ""),
          folder.resolve(id + OBJECT),
          instant(properties.getProperty("since", "")).orElseGet(clock::instant),
          Step.valueOf(properties.getProperty("step", Step.SEND.name())),
          Arrays.stream(properties.getProperty("transactions", "").split(" ")).filter(t -> !t.isEmpty()).toList(),
          instant(properties.getProperty("asked", "")));
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new IOException(description + " is damaged; move it and its .dcm out of the outbox", e);
    }
  }

  private static Optional<Instant> instant(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
  }
}

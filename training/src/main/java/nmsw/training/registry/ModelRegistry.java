package nmsw.training.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;

/**
 * The versions of the models in a folder, {@code <models>/<name>/<version>/}, and which one of each is live, {@code
 * <models>/<name>/current}. A version never changes. Every change is a line of {@code <models>/<name>/history.tsv}, written
 * before the change is made; changes of one model wait for each other, also those of other processes.
 */
public final class ModelRegistry {
  /** File beside a bundle's own: how the version was measured when it was added. */
  public static final String EVALUATION = "evaluation.csv";

  /** File of a bundle that was trained here: what it was made of. */
  public static final String TRAINING = "training.yaml";

  private static final String HISTORY = "history.tsv";
  private static final List<String> FILES =
      List.of(ModelBundle.WEIGHTS, ModelBundle.CLASSES, ModelBundle.CARD, ModelBundle.MODEL);

  // On their way to their names; made like any other file, not as temporary ones, which only their owner may read: the
  // node may run as another user. Changes wait for each other, so one name each does.
  private static final String NEW_VERSION = ".new-version";
  private static final String NEW_CURRENT = ".new-current";

  private final Path models;
  private final InstantSource clock;

  public ModelRegistry(Path models, InstantSource clock) {
    this.models = models;
    this.clock = clock;
  }

  /** What was done. */
  public enum Action {
    ADDED,
    PROMOTED,
    ROLLED_BACK,
    /** Not proven better; such a version is not kept, and its number is not given again. */
    REFUSED
  }

  /**
   * A line of the log.
   *
   * @param from version that was live before; empty if none was
   * @param version that was added or refused, or is live from then on
   */
  public record Change(Instant at, Action action, String from, String version, String reason) {
    private static final String TAB = "\t";

    private String line() {
      String oneLine = reason.replaceAll("\\s+", " ").strip();
      return String.join(TAB, at.toString(), action.name(), from, version, oneLine) + "\n";
    }

    private static Change parse(String line) throws IOException {
      String[] fields = line.split(TAB, -1);
      if (fields.length != 5) {
        throw new IOException("not a line of a model's history: " + line);
      }
      try {
        return new Change(
            Instant.parse(fields[0]), Action.valueOf(fields[1]), fields[2], fields[3], fields[4]);
      } catch (DateTimeParseException | IllegalArgumentException e) {
        throw new IOException("not a line of a model's history: " + line, e);
      }
    }
  }

  /** Versions of a model, in the order of their names. */
  public List<String> versions(String name) throws IOException {
    Path folder = models.resolve(name);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> Files.isRegularFile(entry.resolve(ModelBundle.MODEL)))
          .map(entry -> entry.getFileName().toString())
          .filter(version -> !version.startsWith("."))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  /** The live version of a model; empty if none is. */
  public Optional<String> live(String name) throws IOException {
    return Files.exists(models.resolve(name).resolve(ModelBundle.CURRENT))
        ? Optional.of(ModelBundle.currentFolder(models, name).getFileName().toString())
        : Optional.empty();
  }

  /** All changes of a model, the earliest first. */
  public List<Change> history(String name) throws IOException {
    Path file = models.resolve(name).resolve(HISTORY);
    List<Change> changes = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        changes.add(Change.parse(line));
      }
    }
    return changes;
  }

  /** Where a version is. */
  public Path folder(String name, String version) {
    return models.resolve(name).resolve(version);
  }

  /** A number for a new version: above those of all that there are, and of all that were refused. */
  public String nextVersion(String name) throws IOException {
    int highest =
        Stream.concat(versions(name).stream(), history(name).stream().map(Change::version))
            .filter(version -> version.matches("\\d{1,9}"))
            .mapToInt(Integer::parseInt)
            .max()
            .orElse(0);
    return Integer.toString(highest + 1);
  }

  /**
   * Takes a bundle in as a version that is not live yet; once more is no change.
   *
   * @param evaluation how it was measured, kept beside it
   * @return the version's folder
   * @throws FileAlreadyExistsException if there is a version of that name with other weights
   */
  public Path add(Path bundle, Optional<Path> evaluation, String reason) throws IOException {
    ModelDescription description = ModelBundle.load(bundle).description();
    Path folder = Files.createDirectories(models.resolve(description.name()));
    Path target = folder.resolve(description.version());
    try (Log log = new Log(folder)) {
      if (Files.exists(target)) {
        String known = ModelBundle.sha256(target.resolve(ModelBundle.WEIGHTS));
        if (known.equals(ModelBundle.sha256(bundle.resolve(ModelBundle.WEIGHTS)))) {
          return target;
        }
        throw new FileAlreadyExistsException(
            target.toString(), null, "holds other weights: give the new ones a version of their own");
      }
      log.append(
          new Change(
              clock.instant(), Action.ADDED, live(description.name()).orElse(""), description.version(), reason));
      Path copy = Files.createDirectories(folder.resolve(NEW_VERSION));
      // What an earlier process that was killed may have left.
      Files.deleteIfExists(copy.resolve(EVALUATION));
      Files.deleteIfExists(copy.resolve(TRAINING));
      for (String file : FILES) {
        copy(bundle.resolve(file), copy.resolve(file));
      }
      if (Files.exists(bundle.resolve(TRAINING))) {
        copy(bundle.resolve(TRAINING), copy.resolve(TRAINING));
      }
      if (evaluation.isPresent()) {
        copy(evaluation.get(), copy.resolve(EVALUATION));
      }
      sync(copy);
      Files.move(copy, target, StandardCopyOption.ATOMIC_MOVE);
      sync(folder);
      return target;
    }
  }

  /**
   * Makes a version live; no change if it is.
   *
   * @throws IOException if there is no such version, or its files are not what they were when it was made
   */
  public void promote(String name, String version, String reason) throws IOException {
    try (Log log = new Log(requireModel(name))) {
      if (!live(name).equals(Optional.of(version))) {
        switchTo(log, Action.PROMOTED, name, version, reason);
      }
    }
  }

  /**
   * Makes a version live that was proven better than the live one, if that still is; no change if the version was made live
   * before, whatever became of it then.
   *
   * @param proven version that was live when the proof was made
   * @return whether the version is live, or was
   */
  public boolean promoteOver(String proven, String name, String version, String reason) throws IOException {
    try (Log log = new Log(requireModel(name))) {
      Optional<String> live = live(name);
      // A change from it tells that it was live; a line that promotes it may be of a process that was killed after it.
      if (live.equals(Optional.of(version)) || has(name, change -> change.from().equals(version))) {
        return true;
      }
      if (!live.equals(Optional.of(proven))) {
        return false;
      }
      switchTo(log, Action.PROMOTED, name, version, reason);
      return true;
    }
  }

  /** Notes that a version was not proven better than the live one; once more is no change. */
  public void refuse(String name, String version, String reason) throws IOException {
    try (Log log = new Log(requireModel(name))) {
      if (!has(name, change -> change.action() == Action.REFUSED && change.version().equals(version))) {
        log.append(new Change(clock.instant(), Action.REFUSED, live(name).orElse(""), version, reason));
      }
    }
  }

  private boolean has(String name, Predicate<Change> change) throws IOException {
    return history(name).stream().anyMatch(change);
  }

  /**
   * Makes the version live again that was so before the live one.
   *
   * @return the version
   * @throws IOException if the log knows of none
   */
  public String rollBack(String name, String reason) throws IOException {
    try (Log log = new Log(requireModel(name))) {
      String live = live(name).orElseThrow(() -> new IOException("no version of " + name + " is live"));
      List<Change> changes = history(name);
      for (int i = changes.size() - 1; i >= 0; i--) {
        Change change = changes.get(i);
        if (change.action() == Action.PROMOTED && change.version().equals(live) && !change.from().isEmpty()) {
          switchTo(log, Action.ROLLED_BACK, name, change.from(), reason);
          return change.from();
        }
      }
      throw new IOException(
          models.resolve(name).resolve(HISTORY) + " knows of no version of " + name + " before " + live);
    }
  }

  private Path requireModel(String name) throws IOException {
    Path folder = models.resolve(name);
    if (!Files.isDirectory(folder)) {
      throw new IOException("there is no model " + name + " in " + models);
    }
    return folder;
  }

  private void switchTo(Log log, Action action, String name, String version, String reason) throws IOException {
    Path folder = models.resolve(name);
    ModelDescription description = ModelBundle.load(folder.resolve(version)).description();
    if (!description.name().equals(name) || !description.version().equals(version)) {
      throw new IOException(
          folder.resolve(version) + " holds " + description.name() + " " + description.version());
    }
    log.append(new Change(clock.instant(), action, live(name).orElse(""), version, reason));
    Path pointer = folder.resolve(NEW_CURRENT);
    Files.writeString(pointer, version + "\n");
    sync(pointer);
    Files.move(pointer, folder.resolve(ModelBundle.CURRENT), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    sync(folder);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    sync(to);
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** A model's log, open to append, and locked against other processes. */
  private static final class Log implements AutoCloseable {
    private final FileChannel channel;
    private final FileLock lock;

    Log(Path folder) throws IOException {
      channel =
          FileChannel.open(
              folder.resolve(HISTORY), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
      lock = channel.lock();
    }

    void append(Change change) throws IOException {
      ByteBuffer line = ByteBuffer.wrap(change.line().getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(true);
    }

    @Override
    public void close() throws IOException {
      lock.release();
      channel.close();
    }
  }
}

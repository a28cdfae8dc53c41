package nmsw.scp.review;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import nmsw.scp.config.ResultKind;
import nmsw.scp.delivery.Outbox;
import nmsw.scp.disk.DurableFiles;
import nmsw.scp.events.NodeListener;
import nmsw.scp.events.RemovalReason;
import nmsw.scp.result.ResultObject;
import nmsw.scp.segment.SegmentedSeries;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.trends.ImportanceEntropy;
import nmsw.scp.web.ApiSchema;
import nmsw.segmentation.PatchBox;
import nmsw.volume.LabelClass;
import nmsw.volume.Nifti;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the pages show of each series' last result, on disk, per series a folder {@code <hash of the series UID>} with
 * {@code result.json}, the images of it in {@code images/} and, in {@code sent/}, the objects that went to destinations, so
 * that they can be sent again. It can be lost but for that: nothing that the node owes anybody hangs on it.
 */
public final class ResultStore implements NodeListener {
  private static final Logger LOG = LoggerFactory.getLogger(ResultStore.class);
  private static final String RESULT = "result.json";
  private static final String SENT = "sent";
  private static final String IMAGES = "images";
  private static final String OBJECT = ".dcm";

  public record Stored(String seriesUid, ApiSchema.Result result) {}

  /** An object that went to a destination. */
  public record Sent(String destination, ResultKind kind, String sopInstanceUid, Path file) {
    public ResultObject object() {
      return ResultObject.of(kind, sopInstanceUid, file);
    }
  }

  /** @param modified when the file was written that says so */
  record Made(String seriesUid, ModelVersion by, FileTime modified) {}

  private final Map<Path, Made> known = new HashMap<>();
  private final Path root;
  private final InstantSource clock;
  private final ObjectMapper json =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  private ResultStore(Path root, InstantSource clock) {
    this.root = root;
    this.clock = clock;
  }

  public static ResultStore open(Path root, InstantSource clock) throws IOException {
    Files.createDirectories(root);
    return new ResultStore(root, clock);
  }

  /** The last result of a series. */
  public Optional<Stored> find(String seriesUid) throws IOException {
    Path file = folder(seriesUid).resolve(RESULT);
    return Files.exists(file) ? Optional.of(json.readValue(file.toFile(), Stored.class)) : Optional.empty();
  }

  /** Which model made the last result of each series; without those that come or go just now. */
  synchronized List<Made> made() throws IOException {
    List<Made> all = new ArrayList<>();
    Set<Path> there = new HashSet<>();
    try (Stream<Path> folders = Files.list(root)) {
      for (Path folder : folders.toList()) {
        Path file = folder.resolve(RESULT);
        try {
          FileTime modified = Files.getLastModifiedTime(file);
          Made before = known.get(file);
          if (before == null || !before.modified().equals(modified)) {
            Stored stored = json.readValue(file.toFile(), Stored.class);
            ModelVersion by = new ModelVersion(stored.result().model(), stored.result().version());
            known.put(file, new Made(stored.seriesUid(), by, modified));
          }
          all.add(known.get(file));
          there.add(file);
        } catch (NoSuchFileException | FileNotFoundException e) {
          // Not written yet, or just removed.
        }
      }
    }
    known.keySet().retainAll(there);
    return all;
  }

  /** What went to destinations of the last result of a series, in the order in which it is sent. */
  public List<Sent> sent(String seriesUid) throws IOException {
    Path folder = folder(seriesUid).resolve(SENT);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Sent> sent = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(OBJECT)).sorted().toList()) {
        String name = file.getFileName().toString();
        String[] parts = name.substring(0, name.length() - OBJECT.length()).split("_", 4);
        sent.add(new Sent(parts[3], ResultKind.parse(parts[1]), parts[2], file));
      }
    }
    return sent;
  }

  /** A new result is there: the node has one more thing to show, whatever becomes of it. */
  @Override
  public void segmented(String seriesUid, SegmentedSeries result) {
    try {
      write(seriesUid, result);
    } catch (IOException e) {
      LOG.warn("the pages will not show the result of series {}: {}", seriesUid, e.toString());
    }
  }

  /** What is to be shown goes with the series. */
  @Override
  public void seriesRemoved(String seriesUid, RemovalReason reason, long bytes) {
    try (Stream<Path> files = Files.walk(folder(seriesUid))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException e) {
      // It never had a result.
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("the result of series {} stays on disk: {}", seriesUid, e.toString());
    }
  }

  /** Keeps an object of the outbox for another sending; it takes no room of its own while it waits there. */
  public void keep(Outbox.Entry entry) {
    try {
      link(entry);
    } catch (IOException e) {
      LOG.warn("series {} {} cannot be sent again later: {}", entry.seriesUid(), entry.kind(), e.toString());
    }
  }

  private void link(Outbox.Entry entry) throws IOException {
    Path folder = folder(entry.seriesUid()).resolve(SENT);
    Files.createDirectories(folder);
    String name =
        String.join(
            "_", Integer.toString(entry.kind().ordinal()), entry.kind().toString(), entry.sopInstanceUid(),
            entry.destination());
    Path link = folder.resolve(name + ".part");
    Files.deleteIfExists(link);
    Files.createLink(link, entry.file());
    Files.move(link, folder.resolve(name + OBJECT), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void write(String seriesUid, SegmentedSeries result) throws IOException {
    Path folder = folder(seriesUid);
    Files.createDirectories(folder);
    Files.deleteIfExists(folder.resolve(RESULT));
    for (Sent old : sent(seriesUid)) {
      Files.deleteIfExists(old.file());
    }
    List<ApiSchema.Organ> organs = new ArrayList<>();
    for (LabelClass organ : result.table().classes()) {
      organs.add(
          new ApiSchema.Organ(
              organ.index(), organ.name(), organ.label(), String.format("#%06x", organ.rgb()),
              result.statistics().region(organ.index()).millilitres()));
    }
    ApiSchema.Result shown =
        new ApiSchema.Result(
            clock.instant(), result.algorithm().name(), result.algorithm().version(), result.algorithm().parameters(),
            organs,
            patches(result.choice().chosen()),
            result.choice().candidates().isEmpty() ? null : ImportanceEntropy.bits(result.choice().candidates()));
    writeImages(folder, result);
    write(folder.resolve(RESULT), new Stored(seriesUid, shown));
  }

  private static List<ApiSchema.Patch> patches(List<PatchBox> chosen) {
    return IntStream.range(0, chosen.size())
        .mapToObj(i -> new ApiSchema.Patch(i + 1, chosen.get(i).importance()))
        .toList();
  }

  private static void writeImages(Path folder, SegmentedSeries result) throws IOException {
    Path images = folder.resolve(IMAGES);
    Files.createDirectories(images);
    ReviewImages made = new ReviewImages(result.probabilities().labels().grid());
    Nifti.write(images.resolve("labels.nii.gz"), result.probabilities().labels());
    Nifti.write(images.resolve("patches.nii.gz"), made.edges(result.choice().chosen()));
    Nifti.write(images.resolve("importance.nii.gz"), made.importance(result.choice().candidates()));
  }

  /** A file that shows the last result; empty if there is none. */
  public Optional<Path> image(String seriesUid, String name) {
    Path folder = folder(seriesUid);
    Path file = folder.resolve(IMAGES).resolve(name);
    return Files.exists(folder.resolve(RESULT)) && Files.exists(file) ? Optional.of(file) : Optional.empty();
  }

  private void write(Path file, Object value) throws IOException {
    Path temporary = Files.createTempFile(file.getParent(), "new-", ".part");
    try {
      try (OutputStream out = Files.newOutputStream(temporary)) {
        json.writeValue(out, value);
      }
      DurableFiles.force(temporary);
      DurableFiles.moveInto(temporary, file);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private Path folder(String seriesUid) {
    return root.resolve(DurableFiles.nameFor(seriesUid));
  }
}

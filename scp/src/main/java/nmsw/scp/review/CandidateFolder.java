package nmsw.scp.review;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nmsw.scp.disk.DurableFiles;

/**
 * The folder that training imports from: per candidate a folder with the images of the CT series and the Segmentation that
 * labels them. Files are hard links where the disk has them, so that what is removed from the spool stays here and nothing is there
 * twice. A candidate comes and goes as a whole; whoever has imported one may delete its folder. Used by one thread at a time.
 */
public final class CandidateFolder {
  private static final String LABELS = "segmentation.dcm";

  private final Path root;
  private final Path staging;

  /** Of candidates that were looked at; what is in one does not change. */
  private final Map<String, Long> bytes = new HashMap<>();

  private CandidateFolder(Path root, Path staging) {
    this.root = root;
    this.staging = staging;
  }

  /**
   * Opens or makes the folder.
   *
   * @param staging where this node alone puts together what is to come into it, on the same disk; what a run that was killed
   *     left there is removed
   */
  public static CandidateFolder open(Path root, Path staging) throws IOException {
    Files.createDirectories(root);
    Files.createDirectories(staging);
    CandidateFolder folder = new CandidateFolder(root, staging);
    for (Path leftover : entries(staging)) {
      delete(leftover);
    }
    return folder;
  }

  public Path path() {
    return root;
  }

  public boolean holds(String name) {
    return Files.isDirectory(root.resolve(name));
  }

  /** What all candidates take. */
  public long bytes() throws IOException {
    long sum = 0;
    Map<String, Long> there = new HashMap<>();
    for (Path candidate : entries(root)) {
      String name = candidate.getFileName().toString();
      Long known = bytes.get(name);
      there.put(name, known == null ? bytes(candidate) : known);
      sum += there.get(name);
    }
    bytes.clear();
    bytes.putAll(there);
    return sum;
  }

  /** Adds a candidate, or replaces it; durable on return. */
  public void put(String name, List<Path> images, Path segmentation) throws IOException {
    Path made = staging.resolve(name);
    if (Files.exists(made)) {
      delete(made);
    }
    Files.createDirectory(made);
    for (Path image : images) {
      link(image, made.resolve(image.getFileName()));
    }
    link(segmentation, made.resolve(LABELS));
    DurableFiles.forceFolder(made);
    remove(name);
    Files.move(made, root.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.forceFolder(root);
  }

  /** Removes a candidate, if it is there. */
  public void remove(String name) throws IOException {
    bytes.remove(name);
    if (holds(name)) {
      // Half a series would be taken for a shorter one.
      Path away = staging.resolve(name + ".removed");
      Files.move(root.resolve(name), away, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.forceFolder(root);
      delete(away);
    }
  }

  private static void link(Path file, Path link) throws IOException {
    try {
      Files.createLink(link, file);
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.copy(file, link, StandardCopyOption.REPLACE_EXISTING);
      DurableFiles.force(link);
    }
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
      List<Path> all = new ArrayList<>();
      entries.forEach(all::add);
      return all;
    }
  }

  private static long bytes(Path candidate) throws IOException {
    long sum = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(candidate)) {
      for (Path file : files) {
        sum += Files.size(file);
      }
    }
    return sum;
  }

  private static void delete(Path candidate) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(candidate)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(candidate);
  }
}

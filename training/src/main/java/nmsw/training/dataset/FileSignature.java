package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.TreeSet;

/** Names and sizes of files as one text: cheap, and differs when a file was replaced by another of another size. */
final class FileSignature {
  private FileSignature() {}

  static String of(Collection<Path> files) throws IOException {
    TreeSet<String> parts = new TreeSet<>();
    for (Path file : files) {
      parts.add(file.getFileName() + " " + (Files.exists(file) ? Files.size(file) : -1));
    }
    return String.join("\n", parts);
  }
}

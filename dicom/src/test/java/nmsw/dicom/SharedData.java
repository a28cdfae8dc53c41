package nmsw.dicom;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The folder of real and malformed files beside the project; tests that need it are skipped without it. */
public final class SharedData {
  private SharedData() {}

  public static Path folder() {
    Path folder = Path.of(System.getProperty("nmsw.root"), "..", "shared", "data").normalize();
    assumeTrue(Files.isDirectory(folder), "SKIPPED: no real data at " + folder);
    return folder;
  }

  /** Unpacks an archive and returns its files. */
  public static List<Path> unpack(String archive, Path into) throws IOException, InterruptedException {
    Path target = Files.createDirectories(into.resolve(archive.replace('/', '_')));
    Command.run("tar", "xjf", folder().resolve(archive), "-C", target);
    return files(target);
  }

  public static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }
}

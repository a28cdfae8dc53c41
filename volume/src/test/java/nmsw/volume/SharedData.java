package nmsw.volume;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Real test data, which lies beside the project and not in it. */
final class SharedData {
  private SharedData() {}

  /** The path below {@code ../shared/data}; aborts the test, loudly, where that folder does not exist. */
  static Path path(String name) {
    Path data = Path.of(System.getProperty("nmsw.root"), "..", "shared", "data").normalize();
    if (!Files.isDirectory(data)) {
      System.err.println("SKIPPED, REAL DATA NOT TESTED: " + data + " does not exist (wanted " + name + ")");
      Assumptions.abort("real data not tested: " + data + " does not exist");
    }
    return data.resolve(name);
  }
}

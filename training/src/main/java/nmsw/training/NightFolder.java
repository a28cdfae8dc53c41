package nmsw.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import nmsw.training.dataset.DurableFile;
import nmsw.volume.CsvRow;

/** Where periodic retraining keeps its state, a folder per run, and {@code nights.csv}, a line per night. */
final class NightFolder {
  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String HEADER = "at,result,text\n";

  private final Path folder;

  NightFolder(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /**
   * @throws IOException if the file holds no state; the message names it
   */
  NightState readState() throws IOException {
    if (!Files.exists(state())) {
      return NightState.FIRST;
    }
    try {
      return YAML.readValue(state().toFile(), NightState.class);
    } catch (JsonProcessingException e) {
      throw new IOException(state() + ": " + e.getOriginalMessage(), e);
    }
  }

  void writeState(NightState state) throws IOException {
    DurableFile.write(state(), file -> YAML.writeValue(file.toFile(), state));
  }

  void append(Instant at, Night.Report report) throws IOException {
    Path file = folder.resolve("nights.csv");
    String line = CsvRow.format(List.of(at.toString(), report.result().name(), report.text())) + "\n";
    Files.writeString(
        file, Files.exists(file) ? line : HEADER + line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  Path run(String name) {
    return folder.resolve(name);
  }

  /** Prepared cases of all runs. */
  Path prepared() {
    return folder.resolve("prepared");
  }

  private Path state() {
    return folder.resolve("state.yaml");
  }
}

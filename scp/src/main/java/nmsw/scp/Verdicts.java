package nmsw.scp;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.scp.web.ApiSchema;
import nmsw.scp.web.AppendedLines;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What reviewers said of results: a file that only grows, one JSON object a line, on the disk before it counts. Of the
 * verdicts on one series the last counts. They outlast the series.
 */
final class Verdicts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Verdicts.class);

  private final AppendedLines file;
  private final Map<String, ApiSchema.Verdict> last = new LinkedHashMap<>();
  private final ObjectMapper json =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .build();

  private Verdicts(AppendedLines file) {
    this.file = file;
  }

  static Verdicts open(Path path) throws IOException {
    Verdicts verdicts = new Verdicts(AppendedLines.open(path));
    try (BufferedReader lines = Files.newBufferedReader(path)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        verdicts.read(line, path);
      }
      return verdicts;
    } catch (IOException e) {
      verdicts.close();
      throw e;
    }
  }

  private void read(String line, Path path) {
    try {
      ApiSchema.Verdict verdict = json.readValue(line, ApiSchema.Verdict.class);
      last.put(verdict.seriesUid(), verdict);
    } catch (IOException e) {
      LOG.warn("{} has a line that is no verdict; it is left out", path);
    }
  }

  synchronized void add(ApiSchema.Verdict verdict) throws IOException {
    file.add(json.writeValueAsString(verdict));
    last.put(verdict.seriesUid(), verdict);
  }

  synchronized Optional<ApiSchema.Verdict> of(String seriesUid) {
    return Optional.ofNullable(last.get(seriesUid));
  }

  /** The last verdict on each series. */
  synchronized List<ApiSchema.Verdict> all() {
    return List.copyOf(last.values());
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

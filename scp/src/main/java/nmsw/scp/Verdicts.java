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
import java.util.TreeMap;
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

  /** By model and version. */
  synchronized List<ApiSchema.VerdictCount> counts() {
    Map<String, ApiSchema.VerdictCount> counts = new TreeMap<>();
    for (ApiSchema.Verdict verdict : last.values()) {
      boolean accepted = verdict.accepted();
      counts.merge(
          verdict.model() + " " + verdict.version(),
          new ApiSchema.VerdictCount(
              verdict.model(), verdict.version(), accepted ? 1 : 0, accepted ? 0 : 1, isCandidate(verdict) ? 1 : 0),
          Verdicts::sum);
    }
    return List.copyOf(counts.values());
  }

  /** Accepted results that may be learnt from. */
  synchronized List<ApiSchema.Verdict> candidates() {
    return last.values().stream().filter(Verdicts::isCandidate).toList();
  }

  private static boolean isCandidate(ApiSchema.Verdict verdict) {
    return verdict.accepted() && verdict.consent();
  }

  private static ApiSchema.VerdictCount sum(ApiSchema.VerdictCount a, ApiSchema.VerdictCount b) {
    return new ApiSchema.VerdictCount(
        a.model(),
        a.version(),
        a.accepted() + b.accepted(),
        a.rejected() + b.rejected(),
        a.candidates() + b.candidates());
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

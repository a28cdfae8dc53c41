package nmsw.scp;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import nmsw.scp.web.ApiSchema;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What reviewers said of results: a file that only grows, one JSON object a line, on the disk before it counts. Of the
 * verdicts on one series the last counts. They outlast the series.
 */
final class Verdicts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Verdicts.class);

  private final FileChannel file;
  private final Map<String, ApiSchema.Verdict> last = new LinkedHashMap<>();
  private final ObjectMapper json =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .build();

  private Verdicts(FileChannel file) {
    this.file = file;
  }

  static Verdicts open(Path path) throws IOException {
    FileChannel file =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    Verdicts verdicts = new Verdicts(file);
    boolean torn = false;
    try (BufferedReader lines = Files.newBufferedReader(path)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        torn = !verdicts.read(line, path);
      }
    }
    if (torn) {
      // The last line ended with the power; what comes next must not be glued to it.
      file.write(ByteBuffer.wrap("\n".getBytes(StandardCharsets.UTF_8)));
    }
    return verdicts;
  }

  private boolean read(String line, Path path) {
    try {
      ApiSchema.Verdict verdict = json.readValue(line, ApiSchema.Verdict.class);
      last.put(verdict.seriesUid(), verdict);
      return true;
    } catch (IOException e) {
      LOG.warn("{} has a line that is no verdict; it is left out", path);
      return false;
    }
  }

  synchronized void add(ApiSchema.Verdict verdict) throws IOException {
    ByteBuffer line = ByteBuffer.wrap((json.writeValueAsString(verdict) + "\n").getBytes(StandardCharsets.UTF_8));
    while (line.hasRemaining()) {
      file.write(line);
    }
    file.force(true);
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

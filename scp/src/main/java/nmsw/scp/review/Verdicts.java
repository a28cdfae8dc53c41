package nmsw.scp.review;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.scp.web.ApiSchema;

/**
 * What reviewers said of results. Of the verdicts on one series the last counts, at whichever node it was said. They outlast
 * the series.
 */
public final class Verdicts implements AutoCloseable {
  private final JsonLines<ApiSchema.Verdict> file;
  private final Map<String, ApiSchema.Verdict> last = new LinkedHashMap<>();

  private Verdicts(JsonLines<ApiSchema.Verdict> file) {
    this.file = file;
  }

  public static Verdicts open(Path path) throws IOException {
    return new Verdicts(JsonLines.open(path, ApiSchema.Verdict.class));
  }

  public synchronized void add(ApiSchema.Verdict verdict) throws IOException {
    file.add(verdict);
  }

  public synchronized Optional<ApiSchema.Verdict> of(String seriesUid) throws IOException {
    refresh();
    return Optional.ofNullable(last.get(seriesUid));
  }

  /** The last verdict on each series. */
  synchronized List<ApiSchema.Verdict> all() throws IOException {
    refresh();
    return List.copyOf(last.values());
  }

  private void refresh() throws IOException {
    file.news().forEach(verdict -> last.put(verdict.seriesUid(), verdict));
  }

  @Override
  public synchronized void close() throws IOException {
    file.close();
  }
}

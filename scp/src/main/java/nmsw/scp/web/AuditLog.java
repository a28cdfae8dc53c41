package nmsw.scp.web;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import nmsw.scp.disk.AppendedLines;

/**
 * Who changed what over HTTP, and what became of corrections and candidates: a file that only grows, one JSON object per
 * line, on the disk before the change is made. It names series by their UID, never patients.
 */
public final class AuditLog implements AutoCloseable {
  private final InstantSource clock;
  private final AppendedLines file;
  private final ObjectMapper json = new ObjectMapper();

  private AuditLog(AppendedLines file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  public static AuditLog open(Path file, InstantSource clock) throws IOException {
    return new AuditLog(AppendedLines.open(file), clock);
  }

  /**
   * @param who name of the token, or calling AE title; empty where nobody is logged in, and for what the node did by itself
   * @param action the request's method and path, or what was done
   * @param details what it carried beside
   */
  public synchronized void write(String who, String address, String action, Map<String, ?> details) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("at", clock.instant().toString());
    line.put("who", who);
    line.put("from", address);
    line.put("action", action);
    line.putAll(details);
    file.add(json.writeValueAsString(line));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

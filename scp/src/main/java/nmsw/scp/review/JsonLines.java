package nmsw.scp.review;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import nmsw.scp.disk.AppendedLines;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of records that only grows, one JSON object a line, each on the disk before it counts. Nodes that share a data
 * directory add to it all, and each reads what the others added. Used by one thread at a time.
 */
public final class JsonLines<T> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JsonLines.class);
  private static final int BUFFER = 64 << 10;

  private final Path path;
  private final Class<T> type;
  private final AppendedLines out;
  private final FileChannel in;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ObjectMapper json =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  private JsonLines(Path path, Class<T> type, AppendedLines out) throws IOException {
    this.path = path;
    this.type = type;
    this.out = out;
    this.in = FileChannel.open(path, StandardOpenOption.READ);
  }

  public static <T> JsonLines<T> open(Path path, Class<T> type) throws IOException {
    AppendedLines out = AppendedLines.open(path);
    try {
      return new JsonLines<>(path, type, out);
    } catch (IOException e) {
      out.close();
      throw e;
    }
  }

  /** Adds a record; durable on return. It is among those that {@link #news} gives next. */
  public void add(T value) throws IOException {
    out.add(json.writeValueAsString(value));
  }

  /** What was added since the last call, by whomever, in the order of the file. A line that is none is reported and left out. */
  public List<T> news() throws IOException {
    List<T> news = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (in.read(buffer) > 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          read(news);
          line.reset();
        } else {
          line.write(next);
        }
      }
      buffer.clear();
    }
    return news;
  }

  private void read(List<T> news) {
    // The end of a line that the power took makes an empty one.
    if (line.size() == 0) {
      return;
    }
    try {
      T value = json.readValue(line.toByteArray(), type);
      if (value != null) {
        news.add(value);
      }
    } catch (IOException e) {
      LOG.warn("{} has a line that cannot be read; it is left out", path);
    }
  }

  @Override
  public void close() throws IOException {
    try (in) {
      out.close();
    }
  }
}

package nmsw.scp.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nmsw.scp.disk.DurableFiles;

/**
 * Which results a series was given, kept beside its objects: a later one says which it replaces, and says the same when
 * it is made once more, also after the database was lost.
 */
public final class ResultHistory {
  private static final String FILE = "results";

  private final Path file;

  /**
   * A result.
   *
   * @param uid tells it from others
   * @param images that it was made of
   */
  public record Result(String uid, int images) {}

  /**
   * @param folder of the series in the spool
   */
  public ResultHistory(Path folder) {
    file = folder.resolve(FILE);
  }

  /** The one that a result replaces; empty if it is the first. */
  public Optional<Result> before(String uid) throws IOException {
    Result last = null;
    for (Result result : read()) {
      if (result.uid().equals(uid)) {
        break;
      }
      last = result;
    }
    return Optional.ofNullable(last);
  }

  /** Notes that a result is in the outbox; durable on return. Changes nothing if it was noted before. */
  public void add(Result result) throws IOException {
    List<Result> all = new ArrayList<>(read());
    if (all.stream().noneMatch(known -> known.uid().equals(result.uid()))) {
      all.add(result);
      StringBuilder text = new StringBuilder();
      all.forEach(each -> text.append(each.uid()).append(' ').append(each.images()).append('\n'));
      DurableFiles.writeString(file, text.toString());
    }
  }

  private List<Result> read() throws IOException {
    List<Result> all = new ArrayList<>();
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.split(" ");
        all.add(new Result(words[0], Integer.parseInt(words[1])));
      }
    }
    return all;
  }
}

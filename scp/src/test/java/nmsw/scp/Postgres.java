package nmsw.scp;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A PostgreSQL server for one test class, on a free port of loopback. PostgreSQL refuses to run as root; for root it is
 * started in a user namespace ({@code unshare -U}), where it is somebody else.
 */
public final class Postgres implements AutoCloseable {
  private EmbeddedPostgres server;
  private final AtomicInteger databases = new AtomicInteger();

  private Postgres(EmbeddedPostgres server) {
    this.server = server;
  }

  public static Postgres start() throws IOException {
    return new Postgres(start(EmbeddedPostgres.builder()));
  }

  /**
   * @param data an empty folder, which outlasts {@link #stop}
   */
  static Postgres start(Path data) throws IOException {
    return new Postgres(start(EmbeddedPostgres.builder().setDataDirectory(data).setCleanDataDirectory(false)));
  }

  /** Ends it; {@link #startAgain} brings it back at its port, with its data. */
  void stop() throws IOException {
    server.close();
  }

  void startAgain(Path data) throws IOException {
    server =
        start(EmbeddedPostgres.builder().setPort(server.getPort()).setDataDirectory(data).setCleanDataDirectory(false));
  }

  private static EmbeddedPostgres start(EmbeddedPostgres.Builder settings) throws IOException {
    try {
      return settings.start();
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          "no PostgreSQL for the test; as root it needs a kernel that lets 'unshare -U id' succeed, else run the tests as"
              + " another user",
          e);
    }
  }

  /** The JDBC URL, with user, of an empty database. */
  public String newDatabase() throws SQLException {
    String name = "nmsw" + databases.incrementAndGet();
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    return server.getJdbcUrl("postgres", name);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}

package nmsw.scp.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import nmsw.scp.config.DatabaseConfig;
import nmsw.scp.config.StartException;
import nmsw.scp.config.StartException.Need;
import org.h2.api.ErrorCode;

/**
 * The pool of connections to the one database of the node, H2 or PostgreSQL; makes the tables that are missing. Several
 * nodes may open one at the same time.
 */
public final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 8;

  /** Senders wait for an answer meanwhile. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** How long a connection that stands is given to show that it lives. */
  private static final Duration PROOF = Duration.ofSeconds(2);

  /** So long after a database was not reached it is not asked again. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** What PostgreSQL does not answer for so long, it never will: its machine is gone. */
  private static final Duration SILENCE = Duration.ofMinutes(1);

  /** Any number that nobody else in the database takes for another lock. */
  private static final long SCHEMA_LOCK = 0x6E6D_7377L;

  private final HikariDataSource pool;
  private final DataSource source;

  private Database(HikariDataSource pool) {
    this.pool = pool;
    this.source = new PromptDataSource(pool, () -> pool.getHikariPoolMXBean().getTotalConnections() > 0, PAUSE, System::nanoTime);
  }

  /**
   * @throws StartException naming the URL, when the database cannot be reached, or its tables not be made
   */
  public static Database open(DatabaseConfig config) throws StartException {
    HikariConfig hikari = new HikariConfig();
    hikari.setJdbcUrl(config.url());
    hikari.setUsername(config.user());
    hikari.setPassword(config.password());
    hikari.setMaximumPoolSize(CONNECTIONS);
    hikari.setPoolName("nmsw");
    hikari.setConnectionTimeout(PATIENCE.toMillis());
    hikari.setValidationTimeout(PROOF.toMillis());
    if (config.url().startsWith("jdbc:postgresql:")) {
      hikari.addDataSourceProperty("socketTimeout", Long.toString(SILENCE.toSeconds()));
    }
    hikari.setExceptionOverride(new DeadConnections());
    HikariDataSource pool;
    try {
      pool = new HikariDataSource(hikari);
    } catch (RuntimeException e) {
      throw new StartException(
          Need.DATABASE,
          isLocked(e)
              ? "another process has the database " + config.url()
                  + " open; does a second node run with this data directory?"
              : "cannot open the database " + config.url() + ": " + e.getMessage(),
          e);
    }
    try (Connection connection = pool.getConnection()) {
      makeTables(connection);
      return new Database(pool);
    } catch (SQLException | IOException e) {
      pool.close();
      throw new StartException(
          Need.DATABASE, "cannot make the tables in " + config.url() + ": " + e.getMessage(), e);
    }
  }

  /** One node after the other: PostgreSQL's "if not exists" looks before it makes, and two that look at once both fail. */
  private static void makeTables(Connection connection) throws SQLException, IOException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      if (connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
        statement.execute("SELECT pg_advisory_xact_lock(" + SCHEMA_LOCK + ")");
      }
      for (String sql : schema().split(";")) {
        if (!sql.isBlank()) {
          statement.execute(sql);
        }
      }
      connection.commit();
    }
  }

  private static boolean isLocked(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getErrorCode() == ErrorCode.DATABASE_ALREADY_OPEN_1) {
        return true;
      }
    }
    return false;
  }

  /**
   * An embedded database that met with a full disk closes, and opens again with the next connection; but the pool knows no code
   * of H2 that tells of it, and looks at no connection that was used just now.
   */
  private static final class DeadConnections implements SQLExceptionOverride {
    @java.lang.Override
    public Override adjudicate(SQLException failure) {
      return failure instanceof SQLNonTransientConnectionException ? Override.MUST_EVICT : Override.CONTINUE_EVICT;
    }
  }

  public DataSource dataSource() {
    return source;
  }

  @Override
  public void close() {
    pool.close();
  }

  private static String schema() throws IOException {
    try (InputStream in = Database.class.getResourceAsStream("schema.sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replaceAll("(?m)^--.*$", "");
    }
  }
}

package nmsw.scp.database;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * A pool whose database may be down: whoever asks first waits as long as the pool does, and those who ask next are told at once,
 * until it is time to ask the database again. Otherwise as many senders as there are associations would wait one after the
 * other, each that long.
 */
final class PromptDataSource implements DataSource {
  private final DataSource pool;
  private final BooleanSupplier connected;
  private final long pauseNanos;
  private final LongSupplier nanos;
  private volatile Failure last;

  private record Failure(String message, long nanos) {}

  /**
   * @param connected whether the pool has connections at all; else it was not one that none was free
   * @param pause after a failure, until the pool is asked again
   * @param nanos a clock like {@link System#nanoTime}
   */
  PromptDataSource(DataSource pool, BooleanSupplier connected, Duration pause, LongSupplier nanos) {
    this.pool = pool;
    this.connected = connected;
    this.pauseNanos = pause.toNanos();
    this.nanos = nanos;
  }

  @Override
  public Connection getConnection() throws SQLException {
    Failure failure = last;
    if (failure != null && nanos.getAsLong() - failure.nanos() < pauseNanos) {
      throw new SQLTransientConnectionException(failure.message());
    }
    try {
      Connection connection = pool.getConnection();
      last = null;
      return connection;
    } catch (SQLTransientConnectionException e) {
      if (!connected.getAsBoolean()) {
        last = new Failure(e.getMessage(), nanos.getAsLong());
      }
      throw e;
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("connections are those of the pool's user");
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return pool.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    pool.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    pool.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return pool.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return pool.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return pool.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return pool.isWrapperFor(type);
  }
}

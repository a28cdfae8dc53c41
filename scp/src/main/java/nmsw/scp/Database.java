package nmsw.scp;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** The pool of connections to the one database of the node; makes the tables that are missing. */
final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 8;

  private final HikariDataSource pool;

  private Database(HikariDataSource pool) {
    this.pool = pool;
  }

  /** Throws IOException, naming the URL, when the database cannot be reached or its tables not be made. */
  static Database open(DatabaseConfig config) throws IOException {
    HikariConfig hikari = new HikariConfig();
    hikari.setJdbcUrl(config.url());
    hikari.setUsername(config.user());
    hikari.setPassword(config.password());
    hikari.setMaximumPoolSize(CONNECTIONS);
    hikari.setPoolName("nmsw");
    HikariDataSource pool;
    try {
      pool = new HikariDataSource(hikari);
    } catch (RuntimeException e) {
      throw new IOException("cannot open the database " + config.url() + ": " + e.getMessage(), e);
    }
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : schema().split(";")) {
        if (!sql.isBlank()) {
          statement.execute(sql);
        }
      }
      return new Database(pool);
    } catch (SQLException e) {
      pool.close();
      throw new IOException("cannot make the tables in " + config.url() + ": " + e.getMessage(), e);
    }
  }

  DataSource dataSource() {
    return pool;
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

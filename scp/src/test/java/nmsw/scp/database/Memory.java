package nmsw.scp.database;

import java.io.IOException;
import java.util.UUID;
import nmsw.scp.config.DatabaseConfig;

/** A database of its own for each test. */
public final class Memory {
  private Memory() {}

  public static Database database() throws IOException {
    String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
    return Database.open(new DatabaseConfig(url, "", ""));
  }
}

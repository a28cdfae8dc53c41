package nmsw.scp;

import java.io.IOException;
import java.util.UUID;

/** A database of its own for each test. */
final class Memory {
  private Memory() {}

  static Database database() throws IOException {
    String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE";
    return Database.open(new DatabaseConfig(url, "", ""));
  }
}

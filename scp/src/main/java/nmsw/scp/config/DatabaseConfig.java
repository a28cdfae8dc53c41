package nmsw.scp.config;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Where the queue lives: {@code database} of the configuration.
 *
 * @param url JDBC URL; the default is an embedded database in the data directory
 */
public record DatabaseConfig(String url, String user, String password) {
  private static final Pattern PASSWORD = Pattern.compile("(?i)[?&;]password=|://[^/?;@]*:[^/?;@]*@");

  static DatabaseConfig read(ConfigSection section, Path data) {
    // H2's own hook would close it at the first signal, while what still computes has its end to write.
    String embedded =
        "jdbc:h2:file:" + data + "/nmsw;MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
    DatabaseConfig database =
        new DatabaseConfig(
            section.scalar("url", DatabaseConfig::jdbcUrl, embedded),
            section.string("user", ""),
            section.secret("password").orElse(""));
    section.end();
    return database;
  }

  private static String jdbcUrl(String text) {
    if (!text.startsWith("jdbc:")) {
      throw new IllegalArgumentException("'" + text + "' is not a JDBC URL (jdbc:...)");
    }
    if (PASSWORD.matcher(text).find()) {
      throw new IllegalArgumentException("holds a password, which errors would print; say it as password or passwordFile");
    }
    return text;
  }

  @Override
  public String toString() {
    return "DatabaseConfig[url=" + url + ", user=" + user + "]";
  }
}

package nmsw.scp.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

class PromptDataSourceTest {
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicBoolean down = new AtomicBoolean(true);
  private final AtomicBoolean connected = new AtomicBoolean();
  private final DataSource pool =
      (DataSource)
          Proxy.newProxyInstance(
              DataSource.class.getClassLoader(),
              new Class<?>[] {DataSource.class},
              (proxy, method, arguments) -> {
                asked.incrementAndGet();
                if (down.get()) {
                  throw new SQLTransientConnectionException("Connection to db:5432 refused");
                }
                return Proxy.newProxyInstance(
                    Connection.class.getClassLoader(), new Class<?>[] {Connection.class}, (p, m, a) -> null);
              });
  private final DataSource prompt = new PromptDataSource(pool, connected::get, PAUSE, nanos::get);

  @Test
  void whileTheDatabaseIsDownItIsAskedNowAndThenAndAllOthersAreToldAtOnce() throws SQLException {
    for (int i = 0; i < 50; i++) {
      SQLException told = assertThrows(SQLTransientConnectionException.class, prompt::getConnection);
      assertTrue(told.getMessage().contains("refused"), told.getMessage());
    }
    assertEquals(1, asked.get());
    nanos.addAndGet(PAUSE.toNanos());
    assertThrows(SQLTransientConnectionException.class, prompt::getConnection);
    assertEquals(2, asked.get());
    down.set(false);
    assertThrows(SQLTransientConnectionException.class, prompt::getConnection);
    nanos.addAndGet(PAUSE.toNanos());
    for (int i = 0; i < 3; i++) {
      prompt.getConnection().close();
    }
    assertEquals(5, asked.get(), "each gets its connection again");
  }

  /** Whoever waited in vain because all connections were in use says nothing of the database. */
  @Test
  void aPoolThatIsInUseIsAskedByEach() {
    connected.set(true);
    for (int i = 0; i < 3; i++) {
      assertThrows(SQLTransientConnectionException.class, prompt::getConnection);
    }
    assertEquals(3, asked.get());
  }
}

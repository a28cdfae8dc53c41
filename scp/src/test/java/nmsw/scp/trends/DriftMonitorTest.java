package nmsw.scp.trends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.TreeMap;
import nmsw.scp.FakeClock;
import nmsw.scp.config.TrendRules;
import nmsw.scp.database.Database;
import nmsw.scp.database.Memory;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.trends.Assessment.State;
import nmsw.scp.trends.TrendResult.OrganVolume;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Alerts begin and end, on a clock that is moved. */
class DriftMonitorTest {
  private static final ModelVersion MODEL = new ModelVersion("abdomen", "3");

  private final FakeClock clock = new FakeClock();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Random random = new Random(3);
  private TrendRules rules = new TrendRules(ZoneId.of("Pacific/Auckland"), 4, 20, 20, 4);
  private Database database;
  private TrendTable table;
  private DriftMonitor monitor;
  private int series;

  @BeforeEach
  void open() throws Exception {
    database = Memory.database();
    table = new TrendTable(database.dataSource());
    monitor = new DriftMonitor(table, () -> rules, clock, new DriftGauges(registry)::show);
    log.start();
    ((Logger) LoggerFactory.getLogger(DriftMonitor.class)).addAppender(log);
  }

  @AfterEach
  void close() {
    ((Logger) LoggerFactory.getLogger(DriftMonitor.class)).detachAppender(log);
    database.close();
  }

  /** Ten results of a day; the spleen is cut more often than whole. */
  private void day(LocalDate day, double liver) throws Exception {
    try (Connection connection = database.dataSource().getConnection()) {
      for (int i = 0; i < 10; i++) {
        List<OrganVolume> organs =
            List.of(
                new OrganVolume("liver", liver + 100 * random.nextGaussian(), true),
                new OrganVolume("spleen", 20 * random.nextInt(10), i < 2));
        table.put(
            connection,
            "1.2." + series++,
            new TrendResult(MODEL, day, OptionalDouble.of(0.8 + 0.01 * random.nextGaussian()), 8, organs));
      }
    }
  }

  private Map<String, State> states() throws Exception {
    monitor.assess();
    Map<String, State> states = new TreeMap<>();
    for (Assessment assessment : monitor.last().orElseThrow().assessments()) {
      states.put(assessment.signal().organ().orElse("entropy"), assessment.state());
    }
    return states;
  }

  private Map<String, Double> gauges(String name) {
    Map<String, Double> values = new TreeMap<>();
    for (Meter meter : registry.find(name).meters()) {
      assertEquals("abdomen 3", meter.getId().getTag("model") + " " + meter.getId().getTag("version"));
      values.put(
          meter.getId().getTag("signal") + meter.getId().getTag("organ"), meter.measure().iterator().next().getValue());
    }
    return values;
  }

  @Test
  void anAlertBeginsAndEndsOnce() throws Exception {
    assertEquals(Map.of(), states());
    LocalDate today = monitor.today();
    assertEquals(LocalDate.of(2026, 3, 2), today, "noon in Greenwich is past midnight in Auckland");
    for (int back = 0; back < 30; back++) {
      day(today.minusDays(back), 1500);
    }
    Map<String, State> steady = Map.of("entropy", State.STEADY, "liver", State.STEADY, "spleen", State.TOO_FEW);
    assertEquals(steady, states());
    DriftMonitor.Report report = monitor.last().orElseThrow();
    assertEquals(today.minusDays(3), report.recentFrom());
    assertEquals(today.minusDays(23), report.referenceFrom());
    assertEquals(List.of(), log.list);

    for (int i = 0; i < 3; i++) {
      clock.advance(Duration.ofDays(1));
      day(monitor.today(), 1700);
      monitor.assess();
      monitor.assess();
    }
    assertEquals(State.DRIFT, states().get("liver"));
    assertEquals(State.STEADY, states().get("entropy"));
    assertEquals(1, log.list.size(), log.list::toString);
    assertEquals(Level.WARN, log.list.get(0).getLevel());
    String begun = log.list.get(0).getFormattedMessage();
    assertTrue(begun.startsWith("abdomen 3 volume of liver: drift alert: median "), begun);
    assertEquals(Map.of("entropy", 0.0, "volumeliver", 1.0, "volumespleen", 0.0), gauges("nmsw.trend.drift.alert"));
    assertEquals(List.of("entropy", "volumeliver"), List.copyOf(gauges("nmsw.trend.drift").keySet()));
    Drift liver =
        monitor.last().orElseThrow().assessments().stream()
            .filter(assessment -> assessment.signal().organ().equals(Optional.of("liver")))
            .findFirst()
            .orElseThrow()
            .drift();
    assertEquals(liver.value(), gauges("nmsw.trend.drift").get("volumeliver"));

    for (int i = 0; i < 20; i++) {
      clock.advance(Duration.ofDays(1));
      day(monitor.today(), 1700);
      monitor.assess();
    }
    assertEquals(2, log.list.size(), "what is new has become the reference");
    assertEquals(Level.INFO, log.list.get(1).getLevel());
    assertTrue(log.list.get(1).getFormattedMessage().contains("drift alert is over: median"));
  }

  @Test
  void anAlertEndsWithItsResultsAndFewAreNone() throws Exception {
    LocalDate today = monitor.today();
    for (int back = 0; back < 24; back++) {
      day(today.minusDays(back), back < 4 ? 3000 : 1500);
    }
    assertEquals(State.DRIFT, states().get("liver"));
    rules = new TrendRules(rules.timeZone(), 4, 20, 41, 4);
    assertEquals(State.TOO_FEW, states().get("liver"));
    rules = new TrendRules(rules.timeZone(), 4, 20, 20, 4);
    assertEquals(State.DRIFT, states().get("liver"));
    clock.advance(Duration.ofDays(5));
    assertEquals(Map.of(), states());
    assertEquals(Map.of(), gauges("nmsw.trend.drift.alert"));
    List<String> lines = new ArrayList<>();
    log.list.forEach(line -> lines.add(line.getLevel() + " " + line.getFormattedMessage()));
    assertEquals(4, lines.size(), lines::toString);
    assertEquals("INFO abdomen 3 volume of liver: drift alert is over: no results in 4 days", lines.get(3));
    clock.advance(Duration.ofDays(500));
    monitor.assess();
    assertEquals(List.of(), table.models(today.minusDays(300), today));
  }
}

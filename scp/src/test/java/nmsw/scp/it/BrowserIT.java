package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import nmsw.scp.SeriesState;
import nmsw.scp.WatchedNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page in Debian's Chromium. Pictures of it are left in {@code target/pages}. */
@Timeout(120)
class BrowserIT {
  private static final Path PICTURES = Path.of(System.getProperty("nmsw.root"), "scp", "target", "pages");
  private static final String HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>";

  private static Browser browser;

  @TempDir Path folder;
  private WatchedNode node;

  @BeforeAll
  static void startBrowser() throws Exception {
    Files.createDirectories(PICTURES);
    browser = new Browser();
  }

  @AfterAll
  static void stopBrowser() throws Exception {
    browser.close();
  }

  @BeforeEach
  void start() throws Exception {
    node = new WatchedNode(folder, ", patientNames: true");
    browser.size(1280, 800);
    browser.open("http://127.0.0.1:" + node.webPort() + "/");
    browser.see("#connection", "live");
  }

  @AfterEach
  void stop() {
    node.close();
  }

  @Test
  void theListFollowsASeriesAndShowsWhatDicomSaysAsText() throws Exception {
    assertEquals(0, browser.count("#rows tr"));
    node.send(WatchedNode.ct("1.2.3.4", HOSTILE));
    browser.see("#rows tr[data-series='1.2.3.4'] .DONE", "DONE");
    assertEquals(HOSTILE, browser.text("#rows td.series button"));
    browser.see("#gauges", "1 done");
    node.send(WatchedNode.ct("1.2.3.5", "Thorax").subList(0, 3));
    browser.see("#rows tr[data-series='1.2.3.5'] .REFUSED", "REFUSED");
    browser.see("#rows tr[data-series='1.2.3.5'] td.why", "TOO_FEW_SLICES: ");
    browser.picture(PICTURES.resolve("list-1280.png"));

    browser.click("#rows tr[data-series='1.2.3.4'] button");
    browser.see("#organs", "9.0 ml");
    assertEquals(HOSTILE, browser.text("#details-title"));
    browser.picture(PICTURES.resolve("details-1280.png"));
    browser.press("Escape");
    assertEquals(0, browser.count("img"));
    assertEquals("nmsw-node - NMSW Node", browser.run("document.title").asText());

    browser.size(3840, 2160);
    browser.picture(PICTURES.resolve("list-3840.png"));
    assertEquals(List.of(), browser.complaints());
  }

  @Test
  void aLoginIsRefusedAndAccepted() throws Exception {
    node.send(WatchedNode.ct("1.2.3.4", "Abdomen"));
    node.await("1.2.3.4", SeriesState.DONE);
    assertTrue(browser.run("document.getElementById('hold').disabled").asBoolean());
    browser.fill("#token", "wrong");
    browser.press("Enter");
    browser.see("#message", "Not logged in: this token is not known");
    browser.fill("#token", WatchedNode.TOKEN);
    browser.press("Enter");
    browser.see("#user", "anna");

    browser.click("#hold");
    browser.see("#gauges", "held");
    browser.click("#hold");
    browser.see("#hold", "Hold the queue");
    browser.click("#rows button");
    browser.see("#details-facts", "Secret^Name");
    browser.press("Escape");
    browser.click("#logout");
    browser.click("#rows button");
    browser.see("#details-facts", "DONE");
    assertEquals(-1, browser.text("#details-facts").indexOf("Secret"));
    // The browser itself tells of an answer 401.
    assertTrue(browser.complaints().stream().allMatch(complaint -> complaint.contains("401")));
  }

  @Test
  void aFailedDeliveryIsShownAndTriedAgain() throws Exception {
    login();
    node.stopArchive();
    node.send(WatchedNode.ct("1.2.3.4", "Abdomen"));
    browser.see("#destinations .error", "refused");
    browser.see("#rows .RETURNING", "RETURNING");
    browser.click("#rows button");
    browser.see("#deliveries .error", "refused");
    node.startArchive();
    browser.click("#send");
    browser.press("Escape");
    browser.see("#rows .DONE", "DONE");
    assertEquals(1, node.received.size());
    assertEquals(List.of(), browser.complaints());
  }

  private void login() {
    browser.fill("#token", WatchedNode.TOKEN);
    browser.press("Enter");
    browser.see("#user", "anna");
  }
}

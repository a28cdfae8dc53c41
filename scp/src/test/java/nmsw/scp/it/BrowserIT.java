package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.VR;
import nmsw.dicom.net.Status;
import nmsw.scp.Omniscient;
import nmsw.scp.WatchedNode;
import nmsw.scp.segment.VolumeSegmenter;
import nmsw.scp.series.ModelVersion;
import nmsw.scp.series.SeriesState;
import nmsw.scp.trends.TrendResult;
import nmsw.segmentation.DeviceMemory;
import nmsw.volume.Grid;
import nmsw.volume.LabelClass;
import nmsw.volume.LabelVolume;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
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

  private static final String HOSTILE_ORGAN = "<img src=x onerror=alert(1)>";

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
    // The page would complain that its node is gone.
    browser.open("about:blank");
    browser.complaints();
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

  @Test
  void aReviewShowsOrgansWhereTheyAreAndKeepsWhatIsSaid() throws Exception {
    browser.open("about:blank");
    node.close();
    AbdomenPhantom phantom = new AbdomenPhantom(3);
    node = new WatchedNode(folder.resolve("phantom"), "", bundle -> new Omniscient(phantom));
    SliceStack stack = AbdomenPhantom.standardStack(150, 115, 60, 2.8, 2.8, 6);
    String series = "";
    List<Dataset> slices = new ArrayList<>();
    for (Path file : PhantomSeries.write(folder.resolve("ct"), phantom, stack, 3)) {
      slices.add(DicomReader.read(file).dataset());
      series = slices.get(0).requireString(Tag.SeriesInstanceUID);
    }
    node.send(slices);
    node.await(series, SeriesState.DONE);

    // A processor draws, not a GPU.
    browser.size(900, 500);
    browser.open("http://127.0.0.1:" + node.webPort() + "/review.html?series=" + series);
    browser.see("#connection", "drawn");
    browser.see("#organs", "Liver");
    browser.picture(PICTURES.resolve("review-organs.png"));
    assertEquals(List.of(), browser.complaints());

    Grid grid = new Grid(140, 107, 120, new Vec3(-208, -158, -178), new Vec3(3, 0, 0), new Vec3(0, 3, 0), new Vec3(0, 0, 3));
    LabelVolume truth = phantom.labels(grid);
    for (String name : List.of("liver", "spleen")) {
      LabelClass organ = AbdomenPhantom.labelTable().byName(name);
      Vec3 inside = inside(truth, organ.index());
      int[] pixel = pixel(inside);
      assertTrue(
          isTinted(pixel, organ.rgb()), name + " at " + inside + " is drawn as " + Arrays.toString(pixel));
      browser.click("#organs label:has-text('" + organ.label() + "') input");
      int[] bare = pixel(inside);
      assertTrue(
          bare[0] == bare[1] && bare[1] == bare[2] && bare[0] > 40, name + " hidden is " + Arrays.toString(bare));
      browser.click("#organs label:has-text('" + organ.label() + "') input");
    }

    slide("#heat", 60);
    slide("#patch-range", 5);
    browser.see("#patch-count", "5");
    browser.picture(PICTURES.resolve("review-patches.png"));
    assertEquals(5, browser.count("#patches li"));

    login();
    browser.fill("#comment", HOSTILE);
    browser.click("#consent");
    browser.click("#accept");
    browser.see("#verdict", "accepted by anna: " + HOSTILE);
    browser.open("http://127.0.0.1:" + node.webPort() + "/");
    browser.see("#rows a", "accepted");
    browser.see("#verdicts td", "test 1");
    node.restart();
    browser.open("http://127.0.0.1:" + node.webPort() + "/review.html?series=" + series);
    browser.see("#verdict", "accepted by anna");
    assertEquals(0, browser.count("aside img"));
  }

  @Test
  void trendsAreDrawnAndADriftIsSaidInWords() throws Exception {
    browser.open("about:blank");
    node.close();
    AbdomenPhantom phantom = new AbdomenPhantom(3);
    node =
        new WatchedNode(
            folder.resolve("trends"),
            "",
            new VolumeSegmenter.Loader() {
              @Override
              public VolumeSegmenter load(Path bundle) {
                return new Omniscient(phantom);
              }

              @Override
              public Optional<String> device() {
                return Optional.of("cuda:0");
              }

              @Override
              public Optional<DeviceMemory> memory() {
                return Optional.of(new DeviceMemory(3L << 30, 8L << 30));
              }
            });
    LocalDate today = LocalDate.now(ZoneOffset.UTC);
    List<TrendResult> results = results(today);
    node.restartWith(results);
    browser.open("http://127.0.0.1:" + node.webPort() + "/");
    browser.until("fetch('/api/v1/trends').then((answer) => answer.json()).then((trends) => Boolean(trends.drift))");
    browser.open("http://127.0.0.1:" + node.webPort() + "/");
    browser.see("#gauges", "cuda:0 (auto asked for)");
    browser.see("#gauges", "3.0 GiB of 8.0 GiB GPU memory");

    browser.see("#trend-summary", "1 of 4 signals drift");
    browser.see("#trend-volume figcaption", HOSTILE_ORGAN);
    browser.select("#trend-organ", "liver");
    browser.see("#trend-volume strong", "DRIFT ALERT");
    browser.see("#trend-entropy strong", "steady");
    assertEquals(results.stream().map(TrendResult::day).distinct().count(), browser.count("#trend-volume circle"));
    List<Double> livers =
        results.stream()
            .filter(result -> result.day().equals(today))
            .map(result -> result.organs().get(1).millilitres())
            .sorted()
            .toList();
    String last =
        browser.run("[...document.querySelectorAll('#trend-volume circle title')].at(-1).textContent").asText();
    assertEquals(
        String.format(
            Locale.ROOT, "%s: median %.1f ml, half of 13 results from %.1f to %.1f ml",
            today, livers.get(6), livers.get(3), livers.get(9)),
        last);

    browser.run("document.getElementById('trends').scrollIntoView()");
    browser.picture(PICTURES.resolve("trends-1280.png"));
    browser.size(3840, 2160);
    browser.run("document.querySelector('#trend-signals summary').focus()");
    browser.press("Enter");
    browser.see("#trend-rows", "too few results to tell");
    browser.run("document.getElementById('trends').scrollIntoView()");
    browser.picture(PICTURES.resolve("trends-3840.png"));

    browser.size(1280, 800);
    browser.run("document.getElementById('trend-days').focus()");
    browser.press("ArrowUp");
    browser.until("document.querySelectorAll('#trend-volume circle').length < 31");
    assertEquals("liver", browser.run("document.getElementById('trend-organ').value").asText());
    assertEquals(0, browser.count("img"));
    assertEquals(List.of(), browser.complaints());
  }

  /** Of 90 days but Sundays; livers are larger in the last seven, few spleens are whole. */
  private static List<TrendResult> results(LocalDate today) {
    Random random = new Random(5);
    ModelVersion model = new ModelVersion("test", "1");
    List<TrendResult> results = new ArrayList<>();
    for (int back = 89; back >= 0; back--) {
      LocalDate day = today.minusDays(back);
      for (int i = 0; i < 13 && (back == 0 || day.getDayOfWeek() != DayOfWeek.SUNDAY); i++) {
        double liver = (back < 7 ? 1850 : 1500) + 250 * random.nextGaussian();
        List<TrendResult.OrganVolume> organs =
            List.of(
                new TrendResult.OrganVolume(HOSTILE_ORGAN, 180 + 30 * random.nextGaussian(), true),
                new TrendResult.OrganVolume("liver", liver, true),
                new TrendResult.OrganVolume("spleen", 120, back % 20 == 0 && i == 0));
        OptionalDouble entropy = OptionalDouble.of(0.82 + 0.02 * random.nextGaussian());
        results.add(new TrendResult(model, day, entropy, 8, organs));
      }
    }
    return results;
  }

  @Test
  void aCorrectionIsShownAndMayBeLearntFrom() throws Exception {
    node.close();
    node = new WatchedNode(Files.createDirectory(folder.resolve("corrected")), "", "review: {corrections: true}\n");
    node.send(WatchedNode.ct("1.2.3.4", "Abdomen"));
    node.await("1.2.3.4", SeriesState.DONE);
    Dataset result = node.received.take();
    byte[] pixels = result.bytes(Tag.PixelData).clone();
    Arrays.fill(pixels, 0, 60, (byte) 0);
    result.putBytes(Tag.PixelData, VR.OB, pixels);
    assertEquals(Status.SUCCESS, node.store(result.putString(Tag.SOPInstanceUID, "1.2.3.4.1")));
    Dataset segment = result.items(Tag.SegmentSequence).get(0).putString(Tag.SegmentLabel, HOSTILE.substring(0, 64));
    segment.items(Tag.SegmentedPropertyTypeCodeSequence).get(0).putString(Tag.CodeValue, "78961009");
    assertEquals(Status.SUCCESS, node.store(result.putString(Tag.SOPInstanceUID, "1.2.3.4.2")));

    String review = "http://127.0.0.1:" + node.webPort() + "/review.html?series=1.2.3.4";
    String looked = "fetch('/api/v1/series/1.2.3.4').then(r => r.json()).then(d => d.corrections.every(c => c.state !== 'UNCHECKED'))";
    browser.open(review);
    browser.until(looked);
    browser.open(review);
    browser.see("#corrections li", "Correction of test 1 from VIEWER");
    browser.see("#corrections", "FITS");
    browser.see("#corrections", "box 0.909");
    browser.see("#corrections", "UNFIT, none of its segments is a class of the model: " + HOSTILE.substring(0, 64));
    assertEquals(0, browser.count("#corrections img"));
    browser.see("#candidate", "as it was corrected: NO_CONSENT");
    assertTrue(browser.run("document.getElementById('consent').disabled").asBoolean());
    login();
    browser.click("#consent");
    browser.see("#candidate", "EXPORTED");
    browser.picture(PICTURES.resolve("review-correction.png"));

    browser.open("http://127.0.0.1:" + node.webPort() + "/");
    browser.see("#verdicts td", "test 1");
    browser.see("#candidates td", "EXPORTED");
    browser.run("document.getElementById('reviews').scrollIntoView()");
    browser.picture(PICTURES.resolve("list-candidates.png"));
    browser.click("#candidates button");
    browser.see("#candidates td", "WITHDRAWN");
  }

  private void slide(String at, int value) {
    browser.run(
        "const range = document.querySelector('%s'); range.value = %d; range.dispatchEvent(new Event('input'));"
            .formatted(at, value));
  }

  /** The voxel of an organ that is farthest from its surface, LPS mm. */
  private static Vec3 inside(LabelVolume truth, int label) {
    Grid grid = truth.grid();
    Vec3 best = null;
    int depth = -1;
    for (int k = 0; k < grid.nz(); k++) {
      for (int j = 0; j < grid.ny(); j++) {
        for (int i = 0; i < grid.nx(); i++) {
          int here = depth(truth, label, i, j, k);
          if (here > depth) {
            depth = here;
            best = grid.toPatient(i, j, k);
          }
        }
      }
    }
    return best;
  }

  /** How far the organ reaches at least along the axes, voxels. */
  private static int depth(LabelVolume truth, int label, int i, int j, int k) {
    Grid grid = truth.grid();
    for (int d = 0; ; d++) {
      if (i < d || j < d || k < d || i + d >= grid.nx() || j + d >= grid.ny() || k + d >= grid.nz()) {
        return d - 1;
      }
      int[] around = {
        grid.index(i - d, j, k), grid.index(i + d, j, k), grid.index(i, j - d, k), grid.index(i, j + d, k),
        grid.index(i, j, k - d), grid.index(i, j, k + d)
      };
      if (Arrays.stream(around).anyMatch(v -> truth.labels()[v] != label)) {
        return d - 1;
      }
    }
  }

  /** Red, green and blue of the axial plane at a point; the crosshair is put beside it. */
  private static int[] pixel(Vec3 patient) {
    JsonNode rgb =
        browser.run(
            """
            (() => {
              const { viewer } = document.getElementById('view');
              const at = viewer.mm2frac([%f, %f, %f]);
              viewer.scene.crosshairPos = [at[0] + 0.04, at[1] + 0.04, at[2]];
              viewer.drawScene();
              const [x, y] = viewer.frac2canvasPos(at);
              const pixel = new Uint8Array(4);
              viewer.gl.readPixels(Math.round(x), Math.round(viewer.gl.canvas.height - y), 1, 1, viewer.gl.RGBA,
                  viewer.gl.UNSIGNED_BYTE, pixel);
              return [...pixel.slice(0, 3)];
            })()
            """
                .formatted(-patient.x(), -patient.y(), patient.z()));
    return new int[] {rgb.get(0).asInt(), rgb.get(1).asInt(), rgb.get(2).asInt()};
  }

  /** Whether a grey was mixed with this colour: the channels are in its order, and differ. */
  private static boolean isTinted(int[] pixel, int rgb) {
    int[] color = {rgb >> 16 & 0xFF, rgb >> 8 & 0xFF, rgb & 0xFF};
    boolean tinted = false;
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        if (color[a] > color[b] + 20) {
          tinted = true;
          if (pixel[a] < pixel[b] + 8) {
            return false;
          }
        }
      }
    }
    return tinted;
  }

  private void login() {
    browser.fill("#token", WatchedNode.TOKEN);
    browser.press("Enter");
    browser.see("#user", "anna");
  }
}

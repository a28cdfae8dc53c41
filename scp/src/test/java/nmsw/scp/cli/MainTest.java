package nmsw.scp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.dicom.net.DicomServer;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.Status;
import nmsw.segmentation.ModelBundle;
import nmsw.volume.Nifti;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit codes and what the words leave behind; the main job itself is tested from outside by {@code ServeIT}. */
class MainTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo", "serve", "segment", "send", "echo", "dump", "route", "phantom", "doctor", "model"})
  void everyWordExplainsItself(String word) {
    assertEquals(0, run(word, "--help"));
    assertTrue(out.toString().contains("Usage: nmsw " + word), out.toString());
  }

  @Test
  void wrongUsageIsTwo() {
    assertEquals(2, run("echo"));
    assertEquals(2, run("echo", "--to", "no-address"));
    assertEquals(2, run("phantom", "--out", folder.toString(), "--slices", "0"));
    assertEquals(2, run("phantom", "--out", folder.toString(), "--scan", "upside-down"));
    assertTrue(err.toString().contains("feet-first"), "what there is is said: " + err);
    assertEquals(2, run("phantom", "--out", folder.toString(), "--scan", "signed,padded"));
    assertEquals(2, run("nonsense"));
  }

  @Test
  void aConfigurationWithErrorsIsWrongUsageAndAllAreNamed() throws IOException {
    Path config = folder.resolve("node.yaml");
    Files.writeString(config, "port: seventy\ncolour: blue\n");
    assertEquals(2, run("serve", "--config", config.toString()));
    for (String key : List.of("port", "colour", "dataDirectory", "routes")) {
      assertTrue(err.toString().contains(key), key + " in " + err);
    }
  }

  @Test
  void aPeerThatIsNotThereIsFour() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertEquals(4, run("echo", "--to", "PACS@127.0.0.1:" + port));
    assertTrue(err.toString().contains("PACS@127.0.0.1:" + port), err.toString());
  }

  @Test
  void aPhantomIsScannedInOtherWays() throws IOException {
    assertEquals(
        0,
        run("phantom", "--out", folder.toString(), "--matrix", "32", "--slices", "4", "--scan", "irregular,enhanced"),
        err.toString());
    assertTrue(out.toString().startsWith("1 files in "), out.toString());
    assertEquals(0, run("dump", folder.resolve("ct/IMG00001.dcm").toString()));
    assertTrue(out.toString().contains("(0028,0008) IS [4] # NumberOfFrames"), out.toString());
    assertEquals(32 * 32 * 4, Nifti.readLabels(folder.resolve("truth.nii.gz")).labels().length);
  }

  @Test
  void aFileIsShownAsTextAndAsJson() throws IOException {
    assertEquals(0, run("phantom", "--out", folder.toString(), "--matrix", "32", "--slices", "4"));
    Path file = DicomFiles.bySeries(DicomFiles.under(List.of(folder))).values().iterator().next().get(0);
    assertEquals(0, run("dump", file.toString(), "--check"));
    assertTrue(out.toString().contains("(0028,0010) US [32] # Rows\n"), out.toString());
    assertTrue(out.toString().contains("# pixel data (7FE0,0010) OW: 2048 bytes in 1 pieces"), out.toString());
    assertEquals("", err.toString(), "what we write is valid");
    out.getBuffer().setLength(0);
    assertEquals(0, run("dump", "--json", file.toString()));
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertEquals(32, json.at("/00280010/Value/0").asInt());
    assertEquals(file.toUri() + "#7FE00010", json.at("/7FE00010/BulkDataURI").asText());
    assertEquals(3, run("dump", folder.resolve("truth.nii.gz").toString()));
    assertEquals(1, run("dump", folder.resolve("absent").toString()));
  }

  @Test
  void aPhantomIsWrittenAndSentAndEchoed() throws IOException {
    assertEquals(0, run("phantom", "--out", folder.toString(), "--matrix", "32", "--slices", "4"));
    assertEquals(32 * 32 * 4, Nifti.readLabels(folder.resolve("truth.nii.gz")).labels().length);
    AtomicInteger stored = new AtomicInteger();
    ServerConfig config =
        ServerConfig.builder().bindAddress("127.0.0.1").port(0).calledAeTitles(Set.of("PACS")).build();
    try (DicomServer server =
        DicomServer.start(
            config,
            (request, dataset) -> {
              dataset.readAllBytes();
              stored.incrementAndGet();
              return Status.SUCCESS;
            })) {
      String pacs = "PACS@127.0.0.1:" + server.port();
      assertEquals(0, run("echo", "--to", pacs), err.toString());
      assertEquals(0, run("send", folder.toString(), "--to", pacs), err.toString());
      assertEquals(4, run("echo", "--to", "OTHER@127.0.0.1:" + server.port()));
    }
    assertEquals(4, stored.get());
    assertTrue(err.toString().contains("left out " + folder.resolve("classes.csv")), err.toString());
  }

  @Test
  void anObjectThatCannotBeSentHoldsUpNoOther() throws IOException {
    assertEquals(0, run("phantom", "--out", folder.toString(), "--matrix", "32", "--slices", "3"));
    List<Path> files = DicomFiles.under(List.of(folder)).stream().filter(f -> f.toString().endsWith(".dcm")).toList();
    Dataset mr = DicomReader.read(files.get(0)).dataset().putString(Tag.SOPClassUID, Uid.MRImageStorage);
    DicomWriter.writeFile(files.get(0), mr, TransferSyntax.EXPLICIT_LE);
    List<String> stored = new ArrayList<>();
    ServerConfig config =
        ServerConfig.builder()
            .bindAddress("127.0.0.1").port(0).calledAeTitles(Set.of("PACS"))
            .storageSopClasses(Set.of(Uid.CTImageStorage))
            .build();
    try (DicomServer server =
        DicomServer.start(
            config,
            (request, dataset) -> {
              dataset.readAllBytes();
              stored.add(request.sopInstanceUid());
              return Status.SUCCESS;
            })) {
      assertEquals(4, run("send", folder.toString(), "--to", "PACS@127.0.0.1:" + server.port()));
    }
    assertEquals(2, stored.size(), err.toString());
    assertTrue(err.toString().contains(files.get(0) + ": "), err.toString());
    assertTrue(out.toString().contains("2 of 3 objects stored"), out.toString());
  }

  @Test
  void theDoctorsExitCodesSayWhatIsWrong() throws IOException {
    assertEquals(2, run("doctor", "--device", "gpu"));
    assertEquals(2, run("doctor", "--precision", "f16"));
    Path config = folder.resolve("node.yaml");
    Files.writeString(config, "colour: blue\n");
    assertEquals(2, run("doctor", "--config", config.toString()));

    assertEquals(1, run("doctor", "--device", "cpu", "--models", folder.toString()));
    assertTrue(out.toString().contains("WRONG  models"), out.toString());
    out.getBuffer().setLength(0);
    String models = Path.of(System.getProperty("nmsw.root"), "config", "models").toString();
    assertEquals(0, run("doctor", "--device", "cpu", "--models", models, "--json"), out.toString());
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertTrue(report.get("good").asBoolean());
    List<String> names = new ArrayList<>();
    report.get("checks").forEach(check -> names.add(check.get("name").asText()));
    assertTrue(names.containsAll(List.of("convolution", "model abdomen-phantom")), names.toString());
  }

  @Test
  void aModelIsImportedIntoANewBundle() throws IOException {
    Path model = Path.of(System.getProperty("nmsw.root"), "config", "models", "abdomen-phantom", "2");
    String weights = model.resolve("weights.safetensors").toString();
    String description = model.resolve("model.yaml").toString();
    String classes = model.resolve("classes.csv").toString();
    Path to = folder.resolve("bundle");
    String[] arguments = {
      "model", "import", weights, "--to", to.toString(), "--description", description, "--classes", classes
    };

    assertEquals(0, run(arguments), err.toString());
    assertTrue(out.toString().contains(to + ": imported, not validated"), out.toString());
    ModelBundle bundle = ModelBundle.load(to);
    assertEquals("abdomen-phantom", bundle.description().name());
    assertTrue(bundle.card().contains("file weights.safetensors (safetensors), SHA-256 "), bundle.card());

    assertEquals(2, run(arguments));
    assertTrue(err.toString().contains(to + " holds a model already"), err.toString());
  }

  @Test
  void whatIsNoModelIsRefusedByTheImport() throws IOException {
    Path model = Path.of(System.getProperty("nmsw.root"), "config", "models", "abdomen-phantom", "2");
    String description = model.resolve("model.yaml").toString();
    Path to = folder.resolve("bundle");
    List<String> options =
        List.of("--to", to.toString(), "--classes", model.resolve("classes.csv").toString());
    String absent = folder.resolve("absent").toString();
    String weights = model.resolve("weights.safetensors").toString();

    assertEquals(2, run("model"));
    assertEquals(2, importing(options, "--description", description));
    assertEquals(2, importing(options, "--description", description, weights, "--global", weights));
    assertEquals(2, importing(options, "--description", description, "--global", weights));
    assertEquals(3, importing(options, "--description", absent, weights));
    assertEquals(3, importing(options, "--description", description, absent));
    assertEquals(3, importing(options, "--description", weights, weights));
    assertEquals(3, importing(options, "--description", description, description));
    assertTrue(err.toString().contains(absent + ": there is no such file"), err.toString());
    assertFalse(Files.exists(to));
  }

  private int importing(List<String> options, String... more) {
    List<String> arguments = new ArrayList<>(List.of("model", "import"));
    arguments.addAll(options);
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  @Test
  void aFolderWithoutDicomIsRefused() throws IOException {
    Files.writeString(folder.resolve("note.txt"), "nothing here");
    assertEquals(3, run("segment", folder.toString(), "--out", folder.resolve("out").toString()));
    assertEquals(2, run("segment", folder.toString(), "--out", folder.toString(), "--segmentation", "bits"));
    assertEquals(2, run("segment", folder.toString(), "--out", folder.toString(), "--compression", "zip"));
    assertTrue(err.toString().contains("'zip' is none of [none, deflated, rle]"), err.toString());
    assertEquals(3, run("send", folder.toString(), "--to", "PACS@127.0.0.1:104"));
    assertEquals(3, run("demo", "--ct", folder.toString(), "--out", folder.resolve("out").toString()));
  }

  @Test
  void tellsWhichRuleASeriesTakesAndWhy() throws IOException {
    Path config = folder.resolve("node.yaml");
    Files.writeString(
        config,
        """
        dataDirectory: data
        modelsDirectory: models
        destinations: {pacs: "PACS@127.0.0.1:104"}
        routes:
          - {model: head, bodyPart: [HEAD, NECK], destinations: [pacs]}
          - {model: body, callingAe: CT1, priority: urgent, destinations: [pacs]}
        """);
    assertEquals(0, run("phantom", "--out", folder.resolve("ct").toString(), "--matrix", "32", "--slices", "6"), err.toString());
    String ct = folder.resolve("ct").toString();

    assertEquals(0, run("route", "--config", config.toString(), "--explain", ct, "--calling-ae", "CT1"));
    assertTrue(out.toString().contains("rule 1 (model head) does not: bodyPart is 'ABDOMEN', not 'HEAD' or 'NECK'"), out.toString());
    assertTrue(out.toString().contains("rule 2 takes it: model body, urgent, to pacs"), out.toString());
    assertEquals(3, run("route", "--config", config.toString(), "--explain", ct, "--calling-ae", "CT2"));
    assertTrue(out.toString().contains("it would be refused with NO_ROUTE"), out.toString());
  }
}

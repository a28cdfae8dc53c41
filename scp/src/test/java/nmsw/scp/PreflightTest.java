package nmsw.scp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.StartException;
import nmsw.scp.config.StartException.Need;
import nmsw.segmentation.ModelBundle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
  private static final Path MODELS = Path.of(System.getProperty("nmsw.root"), "config", "models");
  private static final Instant NOW = Instant.now();

  @TempDir Path folder;

  private List<StartException> look(String data, Path models, String more, Instant now) throws ConfigException {
    String yaml =
        """
        dataDirectory: %s
        modelsDirectory: %s
        destinations: {pacs: PACS@10.0.0.5:104}
        routes:
          - {model: abdomen-phantom, destinations: pacs}
        """
            .formatted(data, models);
    return Preflight.of(NodeConfig.parse(yaml + more, "node.yaml", folder), now);
  }

  private static void assertOne(Need need, String text, List<StartException> obstacles) {
    assertEquals(1, obstacles.size(), obstacles::toString);
    assertEquals(need, obstacles.get(0).need());
    assertTrue(obstacles.get(0).getMessage().contains(text), obstacles.get(0)::getMessage);
  }

  @Test
  void lookingLeavesNothingBehind() throws Exception {
    assertEquals(List.of(), look("data", MODELS, "", NOW));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws Exception {
    Files.writeString(folder.resolve("file"), "");
    assertOne(Need.DATA_DIRECTORY, folder.resolve("file") + " is no folder", look("file/data", MODELS, "", NOW));
    assertOne(Need.DATA_DIRECTORY, "dataDirectory: the folder /proc cannot be written", look("/proc/data", MODELS, "", NOW));
    Files.createDirectories(folder.resolve("data"));
    Files.writeString(folder.resolve("data/spool"), "");
    assertOne(Need.DATA_DIRECTORY, "data/spool is no folder", look("data", MODELS, "", NOW));
  }

  @Test
  void certificatesOfAnotherTimeOrThatCannotBeReadAreNamed() throws Exception {
    Path store = folder.resolve("node.p12");
    List<String> keytool =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair", "-alias", "node", "-keyalg", "EC", "-dname", "CN=node", "-validity", "10",
            "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", "changeit");
    assertEquals(0, new ProcessBuilder(keytool).start().waitFor());
    Files.writeString(folder.resolve("password"), "changeit\n");
    String tls = "network: {tls: {certificate: node.p12, trusted: node.p12, %s}}\n";
    String good = tls.formatted("passwordFile: password");
    assertEquals(List.of(), look("data", MODELS, good, Instant.now()));
    assertOne(
        Need.CERTIFICATE, "network.tls: the certificate of CN=node expired on ", look("data", MODELS, good, NOW.plus(Duration.ofDays(11))));
    assertOne(
        Need.CERTIFICATE, "see whether the clock is right", look("data", MODELS, good, NOW.minus(Duration.ofDays(1))));
    assertOne(Need.CERTIFICATE, "node.p12 is no identity", look("data", MODELS, tls.formatted("password: wrong"), NOW));
    Files.delete(store);
    assertOne(Need.CERTIFICATE, "node.p12", look("data", MODELS, good, NOW));
  }

  @Test
  void modelsThatAreMissingOrSpoiledAreNamed() throws Exception {
    assertOne(
        Need.MODEL, "model abdomen-phantom: there is no model abdomen-phantom", look("data", folder.resolve("none"), "", NOW));
    Path models = copy(folder.resolve("models"));
    Path version = ModelBundle.currentFolder(models, "abdomen-phantom");
    assertEquals(List.of(), look("data", models, "", NOW));
    try (RandomAccessFile weights = new RandomAccessFile(version.resolve(ModelBundle.WEIGHTS).toFile(), "rw")) {
      weights.seek(weights.length() - 1);
      int last = weights.read();
      weights.seek(weights.length() - 1);
      weights.write(last ^ 1);
    }
    assertOne(Need.MODEL, "install the model again", look("data", models, "", NOW));
    Files.delete(version.resolve(ModelBundle.WEIGHTS));
    assertOne(Need.MODEL, "weights.safetensors is missing", look("data", models, "", NOW));
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() throws Exception {
    List<StartException> obstacles =
        look("/proc/data", folder, "network: {tls: {certificate: a, trusted: b}}\n", NOW);
    assertEquals(
        List.of(Need.DATA_DIRECTORY, Need.CERTIFICATE, Need.MODEL), obstacles.stream().map(StartException::need).toList());
  }

  private static Path copy(Path models) throws IOException {
    Path from = MODELS.resolve("abdomen-phantom");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path to = models.resolve("abdomen-phantom").resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    return models;
  }
}

package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What keeps {@code ./nmsw serve} from starting: one line for each, and the exit code that OPERATIONS.md names. */
class StartIT {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String MODEL = "abdomen-phantom";

  @TempDir Path folder;

  @Test
  void wrongKeysAreAllNamedWithTheirLines() throws Exception {
    List<String> said = serve(2, good(0).replace("port: ", "prot: ").replace("quiet: 1s", "quiet: soon"));
    assertEquals(3, said.size(), said::toString);
    assertTrue(said.get(0).endsWith("node.yaml: 2 problems"), said::toString);
    assertTrue(said.get(1).contains("line 15: series.quiet: 'soon' is not a duration"), said::toString);
    assertTrue(said.get(2).contains("line 3: prot: unknown key, is port meant?"), said::toString);
  }

  @Test
  void foldersCertificatesAndModelsAreLookedAtBeforeTheStart() throws Exception {
    String config = good(0).replace(folder.resolve("data").toString(), "/proc/data").replace(MODEL, "no-such-model");
    Files.writeString(folder.resolve("node.crt"), "no certificate");
    List<String> said = serve(78, config + "network: {tls: {certificate: node.crt, trusted: node.crt}}\n");
    assertEquals(3, said.size(), said::toString);
    assertTrue(said.get(0).startsWith("nmsw serve: dataDirectory: the folder /proc cannot be written"), said::toString);
    assertTrue(said.get(1).startsWith("nmsw serve: network.tls: " + folder.resolve("node.crt")), said::toString);
    assertTrue(said.get(2).startsWith("nmsw serve: model no-such-model: there is no model"), said::toString);
  }

  @Test
  void aPortThatIsInUseMayBeFreeLater() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      List<String> said = serve(75, good(taken.getLocalPort()));
      String last = said.get(said.size() - 1);
      assertTrue(
          last.startsWith("nmsw serve: port: can't listen on 127.0.0.1:" + taken.getLocalPort()), said::toString);
    }
  }

  @Test
  void aDatabaseThatAnotherProcessHasOpenMayBeFreeLater() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    try (Connection other = DriverManager.getConnection("jdbc:h2:file:" + data + "/nmsw")) {
      List<String> said = serve(75, good(0));
      String last = said.get(said.size() - 1);
      assertTrue(last.contains("another process has the database") && last.contains("second node"), said::toString);
      assertTrue(other.isValid(1));
    }
  }

  /** As when an administrator starts by hand what the service runs already, under another name too. */
  @Test
  void aSecondNodeOnTheSameDatabaseIsRefusedAndTheFirstGoesOn() throws Exception {
    int port = Peers.freePort();
    try (ServeProcess first = new ServeProcess(folder.resolve("first.yaml"), port, good(port))) {
      for (String name : List.of("", "name: second\n")) {
        List<String> said = serve(75, good(0) + name);
        String last = said.get(said.size() - 1);
        assertTrue(last.contains("another process has the database") && last.contains("second node"), said::toString);
      }
      assertEquals(0, Peers.echoscu(first.port, "ECHOSCU", "NMSW").exitCode());
    }
  }

  /** The page's certificate is that of the DICOM port. */
  @Test
  void anExpiredCertificateIsNamed() throws Exception {
    Path store = folder.resolve("node.p12");
    Peers.Output made =
        Peers.run(
            LIMIT,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair", "-alias", "node", "-keyalg", "EC", "-dname", "CN=node", "-startdate", "-10d", "-validity", "3",
                "-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", "changeit"));
    assertEquals(0, made.exitCode(), made.text());
    Path tokens = folder.resolve("tokens");
    Files.createFile(tokens, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(tokens, "anna 0123456789abcdef0123456789abcdef\n");
    String open =
        "network: {tls: {certificate: node.p12, trusted: node.p12, password: changeit}}\n"
            + "web: {bind: 0.0.0.0, port: 0, tls: true, tokenFile: tokens}\n";
    List<String> said = serve(78, good(0) + open);
    assertEquals(1, said.size(), said::toString);
    assertTrue(
        said.get(0).startsWith("nmsw serve: network.tls: the certificate of CN=node expired on "), said::toString);
    assertTrue(said.get(0).endsWith("; put a new one in its place"), said::toString);
  }

  @Test
  void aGoodConfigurationIsToldFromOutside() throws Exception {
    List<String> said = serve(0, good(104), "--check");
    assertEquals(1, said.size(), said::toString);
    assertTrue(
        said.get(0).endsWith("is good: NMSW on 127.0.0.1:104, routes: 1, models: abdomen-phantom, destinations: pacs"),
        said::toString);
  }

  private String good(int port) {
    return ServeProcess.config(folder, port, "PACS@127.0.0.1:1", MODEL);
  }

  private List<String> serve(int exitCode, String config, String... more) throws IOException, InterruptedException {
    Path file = folder.resolve("node.yaml");
    Files.writeString(file, config);
    List<String> command =
        new ArrayList<>(
            List.of(
                "env", "NMSW_BUILD=never", ServeProcess.ROOT.resolve("nmsw").toString(), "serve", "--config", file.toString()));
    command.addAll(List.of(more));
    Peers.Output output = Peers.run(LIMIT, command);
    assertEquals(exitCode, output.exitCode(), output.text());
    return output.text().lines().toList();
  }
}

package nmsw.scp.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nmsw.scp.config.ConfigException;
import nmsw.scp.config.NodeConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeChecksTest {
  @TempDir Path folder;
  private final List<String> called = new ArrayList<>();

  private NodeConfig config(String more) throws ConfigException {
    String yaml =
        """
        bind: 127.0.0.1
        dataDirectory: data/of/node
        modelsDirectory: models
        destinations: {pacs: PACS@10.0.0.5:104, archive: VNA@10.0.0.6:104}
        routes: [{model: abdomen, destinations: pacs}]
        """;
    return NodeConfig.parse(yaml + more, "node.yaml", folder);
  }

  private List<Check> look(NodeConfig config, boolean destinations, String... answering) {
    NodeChecks.Echo echo =
        remote -> {
          called.add(remote.toString());
          if (!List.of(answering).contains(remote.aeTitle())) {
            throw new IOException("no connection");
          }
        };
    return new NodeChecks(config, echo).all(destinations);
  }

  private static Check check(List<Check> checks, String name) {
    return checks.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void aFreshInstallationIsGoodAndCallsNobody() throws ConfigException {
    List<Check> checks = look(config("port: 0\nstorage: {diskReserve: 1KiB}\n"), false);
    for (Check check : checks) {
      assertEquals(Check.State.GOOD, check.state(), check.toString());
    }
    assertEquals(List.of(), called);
    assertTrue(check(checks, "data directory").found().endsWith("data/of/node (will be made)"));
    assertFalse(Files.exists(folder.resolve("data")), "looking changes nothing");
  }

  @Test
  void aDataDirectoryBelowAFileIsWrong() throws Exception {
    Files.writeString(folder.resolve("data"), "not a folder");
    assertEquals(
        Check.State.WRONG, check(look(config("port: 0\n"), false), "data directory").state());
  }

  @Test
  void aDiskBelowItsReserveIsWrong() throws Exception {
    Check disk = check(look(config("port: 0\nstorage: {diskReserve: 1000000TiB}\n"), false), "disk");
    assertEquals(Check.State.WRONG, disk.state());
    assertTrue(disk.advice().contains("diskReserve"), disk.advice());
  }

  @Test
  void aPortInUseIsWrongUnlessANodeAnswersThere() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      NodeConfig config = config("port: " + other.getLocalPort() + "\n");
      assertEquals(Check.State.WRONG, check(look(config, false), "port").state());
      Check running = check(look(config, false, "NMSW"), "port");
      assertEquals(Check.State.GOOD, running.state());
      assertTrue(running.found().contains("answers as NMSW"), running.found());
    }
  }

  @Test
  void destinationsAreCalledWhenAskedFor() throws ConfigException {
    List<Check> checks = look(config("port: 0\n"), true, "PACS");
    assertEquals(Check.State.GOOD, check(checks, "destination pacs").state());
    Check silent = check(checks, "destination archive");
    assertEquals(Check.State.WRONG, silent.state());
    assertTrue(silent.found().contains("VNA@10.0.0.6:104: no connection"), silent.found());
  }

  @Test
  void aWebServiceIsNotCalledByDimse() throws ConfigException {
    NodeConfig config =
        NodeConfig.parse(
            """
            port: 0
            dataDirectory: data
            modelsDirectory: models
            destinations: {web: "https://web.example/dicom-web"}
            routes: [{model: test, destinations: web}]
            """,
            "test",
            folder);
    Check web = check(look(config, true), "destination web");
    assertEquals(Check.State.NOTE, web.state());
    assertTrue(web.found().contains("https://web.example/dicom-web/studies is not called"), web.found());
    assertEquals(List.of(), called);
  }
}

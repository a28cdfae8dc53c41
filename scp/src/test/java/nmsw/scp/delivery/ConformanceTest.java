package nmsw.scp.delivery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.Status;
import nmsw.scp.config.NetworkConfig;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.receive.ServerSettings;
import nmsw.scp.review.Corrections;
import org.junit.jupiter.api.Test;

/** The conformance statement names the SOP classes and the limits of the node. */
class ConformanceTest {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));

  private final String statement;

  /** Service, SOP class, SCU and SCP. */
  private final List<List<String>> rows;

  ConformanceTest() throws IOException {
    statement = Files.readString(ROOT.resolve("docs").resolve("CONFORMANCE.md"));
    rows =
        statement
            .lines()
            .map(line -> Arrays.stream(line.split("\\|")).map(String::strip).toList())
            .filter(cells -> cells.size() == 5 && cells.get(2).startsWith("1.2.840.10008."))
            .filter(cells -> !(cells.get(2) + ".").startsWith(Uid.ImplicitVRLittleEndian + "."))
            .map(cells -> cells.subList(1, 5))
            .toList();
  }

  @Test
  void sopClassesHaveTheirNames() {
    assertTrue(rows.size() > 10, rows.toString());
    for (List<String> row : rows) {
      String registered = Uid.nameOf(row.get(1));
      assertTrue(registered.startsWith(row.get(0)), () -> row + " is " + registered);
    }
  }

  @Test
  void storageAsScp() {
    Set<String> told =
        rows.stream()
            .filter(row -> row.get(3).startsWith("yes") || row.get(3).startsWith("accepted"))
            .map(row -> row.get(1))
            .filter(uid -> !uid.equals(Uid.Verification))
            .collect(Collectors.toSet());
    assertEquals(ServerSettings.STORAGE, told);
    Set<String> corrections =
        rows.stream().filter(row -> row.get(3).startsWith("`review.corrections`")).map(row -> row.get(1)).collect(Collectors.toSet());
    assertEquals(Corrections.SOP_CLASSES, corrections);
    for (Status status : List.of(Corrections.NOT_OF_A_RESULT, Corrections.OTHER_FRAME_OF_REFERENCE)) {
      assertTrue(statement.contains(String.format("%04X", status.code())), status.toString());
    }
  }

  @Test
  void resultsAsScu() {
    Set<String> sent =
        ResultSender.STORAGE.stream().map(ProposedContext::sopClassUid).collect(Collectors.toCollection(HashSet::new));
    sent.addAll(Set.of(Uid.Verification, ResultSender.COMMITMENT.sopClassUid()));
    assertEquals(
        sent,
        rows.stream().filter(row -> row.get(2).startsWith("yes")).map(row -> row.get(1)).collect(Collectors.toSet()));
  }

  /** The example has the defaults, as its own test holds. */
  @Test
  void limits() throws Exception {
    NodeConfig config = NodeConfig.read(ROOT.resolve("config").resolve("node.yaml"));
    NetworkConfig network = config.network();
    for (String limit :
        List.of(
            "`network.maxAssociations`, " + network.maxAssociations(),
            "`network.maxPdu`, " + (network.maxPdu().bytes() >> 10) + " KiB",
            "`storage.maxObject`, " + (config.storage().maxObject().bytes() >> 30) + " GiB",
            "`network.artimTimeout`, " + network.artimTimeout().toSeconds() + " s",
            "`network.idleTimeout`, " + network.idleTimeout().toMinutes() + " min")) {
      assertTrue(statement.contains("(node: " + limit + ")"), limit);
    }
  }
}

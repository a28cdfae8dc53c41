package nmsw.scp;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import nmsw.dicom.net.ProposedContext;
import org.junit.jupiter.api.Test;

class ResultSenderTest {
  @Test
  void theConformanceStatementNamesTheClassesOfResults() throws IOException {
    List<String> statement =
        Files.readAllLines(Path.of(System.getProperty("nmsw.root"), "docs", "CONFORMANCE.md"));
    assertEquals(
        ResultSender.CONTEXTS.stream().map(ProposedContext::sopClassUid).collect(toSet()),
        statement.stream()
            .filter(line -> line.contains("| yes (results) |"))
            .map(line -> line.split(" \\| ")[1])
            .collect(toSet()));
  }
}

package nmsw.scp.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** systemd's own judgement of our units; {@code ./nmsw test} installs it. */
class UnitsTest {
  private static final Path ROOT = Path.of(System.getProperty("nmsw.root"));
  private static final Pattern EXPOSURE = Pattern.compile("exposure level for \\S+: (\\d+\\.\\d)");
  private static final double MOST_EXPOSED = 2.5;

  @TempDir Path folder;
  private final List<String> units = new ArrayList<>();

  /** Copies that start this tree's launcher, for nothing is installed here. */
  @BeforeEach
  void copy() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("systemd"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String unit = Files.readString(file);
        Files.writeString(
            folder.resolve(file.getFileName()), unit.replace("=/usr/bin/nmsw ", "=" + ROOT.resolve("nmsw") + " "));
        units.add(file.getFileName().toString());
      }
    }
    // As it is installed for several nodes.
    Files.copy(folder.resolve("nmsw-node.service"), folder.resolve("nmsw-node@.service"));
    Files.copy(folder.resolve("nmsw-node.service"), folder.resolve("nmsw-node@b.service"));
    units.add("nmsw-node@b.service");
    assertTrue(units.size() == 4, units.toString());
  }

  private String analyze(String... options) throws IOException, InterruptedException {
    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(Stream.concat(Stream.of("systemd-analyze"), Stream.of(options)).toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "systemd-analyze does not end");
    String said = Files.readString(log);
    assertEquals(0, process.exitValue(), said);
    return said;
  }

  @Test
  void verifyFindsNothing() throws Exception {
    for (String unit : units) {
      assertEquals("", analyze("verify", "--man=no", "./" + unit), unit);
    }
  }

  @Test
  void noServiceIsExposedMoreThanItNeeds() throws Exception {
    for (String unit : units.stream().filter(name -> name.endsWith(".service")).toList()) {
      Matcher matcher = EXPOSURE.matcher(analyze("--no-pager", "security", "--offline=true", "./" + unit));
      assertTrue(matcher.find(), unit);
      assertTrue(Double.parseDouble(matcher.group(1)) <= MOST_EXPOSED, unit + " " + matcher.group());
    }
  }

  @Test
  void verifyWouldFindWhatIsWrong() throws Exception {
    Path unit = folder.resolve("nmsw-node.service");
    Files.writeString(unit, Files.readString(unit).replace("ProtectSystem=strict", "ProtectSytem=strict"));
    assertTrue(analyze("verify", "--man=no", "./nmsw-node.service").contains("ProtectSytem"));
  }
}

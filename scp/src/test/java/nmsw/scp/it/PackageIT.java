package nmsw.scp.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.volume.SliceStack;
import nmsw.volume.phantom.AbdomenPhantom;
import nmsw.volume.phantom.PhantomSeries;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Debian package from its making to its purge, on a machine with systemd that is thrown away after. The node runs by its
 * unit, with all of its hardening, and can fetch nothing, for there is no way out.
 */
class PackageIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @TempDir Path shared;

  private void pack(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("env", "NMSW_BUILD=never", ServeProcess.ROOT.resolve("nmsw").toString(), "package", "--out", shared.toString()));
    command.addAll(List.of(options));
    Peers.Output output = Peers.run(LIMIT, command);
    assertEquals(0, output.exitCode(), output.text());
  }

  /** A series as STORESCU sends it; returns its UID. */
  private String series(String name, int size, int slices, double millimetres, long seed) throws IOException {
    SliceStack stack =
        PhantomSeries.identified(
            AbdomenPhantom.standardStack(size, size, slices, millimetres, millimetres, 420.0 / slices), seed);
    List<Path> files = PhantomSeries.write(shared.resolve(name), new AbdomenPhantom(seed), stack, seed);
    return DicomReader.readUntil(files.get(0), Tag.PixelData).dataset().requireString(Tag.SeriesInstanceUID);
  }

  private static String logged(String regex) {
    return "journalctl --quiet -u nmsw-node | grep -E '" + regex + "'";
  }

  @Test
  void itInstallsRunsIsUpgradedAmidAJobAndGoes() throws Exception {
    pack();
    pack("--revision", "2");
    Path first = shared.resolve("nmsw-node_0.1.0_amd64.deb");
    Path second = shared.resolve("nmsw-node_0.1.0-2_amd64.deb");
    assertEquals(sum(first, "fsys-tarfile"), sum(second, "fsys-tarfile"), "the same sources give the same bytes");
    assertNotEquals(sum(first, "ctrl-tarfile"), sum(second, "ctrl-tarfile"));
    String small = series("small", 96, 40, 4.6, 7);
    String large = series("large", 224, 100, 1.95, 8);
    Path cache = Path.of(System.getProperty("user.home"), ".djl.ai");
    List<Path> hidden =
        List.of(ServeProcess.ROOT, cache, Path.of(System.getProperty("user.home"), ".m2")).stream()
            .filter(Files::exists)
            .toList();
    try (Machine machine = new Machine(shared, hidden)) {
      install(machine);
      answers(machine, small);
      isUpgradedAmidAJob(machine, large);
      goes(machine);
    }
  }

  private void install(Machine machine) throws Exception {
    machine.done("apt-get install -y /mnt/nmsw-node_0.1.0_amd64.deb");
    machine.await("the node to be ready", "systemctl is-active nmsw-node");
    assertEquals(
        "takes series as NMSW on port 11112", machine.done("systemctl show --value -p StatusText nmsw-node"));
    assertEquals("nmsw", machine.done("ps -o user= -p $(systemctl show --value -p MainPID nmsw-node)"));
    assertEquals("nmsw", machine.done("stat -c %G /etc/nmsw-node/node.yaml"));
    machine.done("echoscu -aec NMSW 127.0.0.1 11112");
    // An operator changes the configuration.
    machine.done("sed -i 's/^  quiet: 10s/  quiet: 1s/' /etc/nmsw-node/node.yaml && systemctl restart nmsw-node");
    machine.done("mkdir /tmp/pacs && systemd-run --quiet --unit=pacs storescp -od /tmp/pacs -aet PACS 104");
  }

  private void answers(Machine machine, String series) throws Exception {
    machine.done("storescu -aec NMSW 127.0.0.1 11112 +sd /mnt/small");
    machine.await("the answer to the first series", logged("series " + series + " DONE"));
    assertEquals("SEG", machine.done("dcmdump +P Modality /tmp/pacs/* | sed 's/.*\\[\\(.*\\)\\].*/\\1/'"));
  }

  private void isUpgradedAmidAJob(Machine machine, String series) throws Exception {
    machine.done("storescu -aec NMSW 127.0.0.1 11112 +sd /mnt/large");
    machine.await("the work on the second series to begin", logged("series " + series + " SEGMENTING"));
    // It would be done before the package is unpacked; told to stop, it goes on, to its next step.
    machine.done("systemctl kill --signal=STOP nmsw-node");
    machine.done("apt-get install -y /mnt/nmsw-node_0.1.0-2_amd64.deb");
    assertEquals("0.1.0-2", machine.done("dpkg-query -W -f '${Version}' nmsw-node"));
    machine.done("grep '  quiet: 1s' /etc/nmsw-node/node.yaml");
    machine.done(logged("series " + series + " .*(interrupted|queued again)"));
    machine.await("the answer to the second series", logged("series " + series + " DONE"));
    assertEquals("2", machine.done("ls /tmp/pacs | wc -l"));
    assertEquals("success", machine.done("systemctl show --value -p Result nmsw-node"));
  }

  private void goes(Machine machine) throws Exception {
    machine.done("apt-get remove -y nmsw-node");
    assertNotEquals(0, machine.run("systemctl is-active nmsw-node").exitCode());
    machine.done("test ! -e /usr/bin/nmsw && test ! -e /usr/lib/nmsw-node");
    machine.done("test -e /etc/nmsw-node/node.yaml && test -d /var/lib/nmsw-node/spool");
    machine.done("dpkg --purge nmsw-node </dev/null");
    String left =
        machine.done("find /etc /usr /var /lib /run -xdev -name '*nmsw*' -print; getent passwd nmsw || true");
    assertTrue(left.isEmpty(), left);
  }

  private static String sum(Path deb, String part) throws Exception {
    Peers.Output output = Peers.run(LIMIT, List.of("sh", "-c", "dpkg-deb --" + part + " " + deb + " | sha256sum"));
    assertEquals(0, output.exitCode(), output.text());
    return output.text();
  }
}

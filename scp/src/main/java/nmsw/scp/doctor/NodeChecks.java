package nmsw.scp.doctor;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import nmsw.dicom.net.RemoteAe;
import nmsw.scp.config.DestinationAddress;
import nmsw.scp.config.DestinationConfig;
import nmsw.scp.config.NodeConfig;

/** Whether a node could start with a configuration, and reach its destinations. */
final class NodeChecks {
  /** Asks an application entity whether it answers (C-ECHO). */
  interface Echo {
    void to(RemoteAe remote) throws IOException;
  }

  private final NodeConfig config;
  private final Echo echo;

  NodeChecks(NodeConfig config, Echo echo) {
    this.config = config;
    this.echo = echo;
  }

  /**
   * @param destinations whether to call them
   */
  List<Check> all(boolean destinations) {
    List<Check> checks = new ArrayList<>();
    checks.add(dataDirectory());
    checks.add(disk());
    checks.add(port());
    if (destinations) {
      for (Map.Entry<String, DestinationConfig> one : new TreeMap<>(config.destinations()).entrySet()) {
        checks.add(destination(one.getKey(), one.getValue().address()));
      }
    }
    return checks;
  }

  private Check dataDirectory() {
    Path data = config.dataDirectory();
    Path existing = existing(data);
    try {
      Files.delete(Files.createTempFile(existing, "nmsw-doctor", null));
    } catch (IOException e) {
      return Check.wrong(
          "data directory",
          existing + " cannot be written",
          "give it to the user that runs the node (" + System.getProperty("user.name") + " now)");
    }
    return Check.good("data directory", data + (existing.equals(data) ? "" : " (will be made)"));
  }

  private Check disk() {
    Path existing = existing(config.dataDirectory());
    long reserve = config.storage().diskReserve().bytes();
    try {
      long free = Files.getFileStore(existing).getUsableSpace();
      String found =
          HostChecks.gigabytes(free) + " free, reserve " + HostChecks.gigabytes(reserve);
      if (free < reserve) {
        return Check.wrong(
            "disk",
            found,
            "every object will be answered with A700: free some, or lower storage.diskReserve");
      }
      return free < 2 * reserve
          ? Check.note("disk", found, "soon objects will be answered with A700")
          : Check.good("disk", found);
    } catch (IOException e) {
      String found = "free space of " + existing + " is not known: " + e.getMessage();
      return Check.wrong("disk", found, "see the disk");
    }
  }

  private Check port() {
    String address = config.bind() + ":" + config.port();
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(config.bind(), config.port()));
      return Check.good("port", address + " is free");
    } catch (IOException | IllegalArgumentException e) {
      RemoteAe self = new RemoteAe(config.aeTitle(), loopback(config.bind()), config.port());
      try {
        echo.to(self);
        return Check.good("port", address + " is in use by a node that answers as " + config.aeTitle());
      } catch (IOException silent) {
        return Check.wrong(
            "port",
            address + " cannot be taken: " + e.getMessage(),
            "end what listens there, choose another port, or allow one below 1024 (CAP_NET_BIND_SERVICE)");
      }
    }
  }

  private Check destination(String name, DestinationAddress address) {
    return address
        .remote()
        .map(remote -> destination(name, remote))
        .orElseGet(
            () ->
                Check.note("destination " + name, address + " is not called", "C-ECHO is for AE titles; send it one series"));
  }

  private Check destination(String name, RemoteAe remote) {
    try {
      echo.to(remote);
      return Check.good("destination " + name, remote + " answers");
    } catch (IOException e) {
      return Check.wrong(
          "destination " + name,
          remote + ": " + e.getMessage(),
          "see that it runs, that the way to it is open, and that it knows the AE title " + config.aeTitle());
    }
  }

  private static String loopback(String bind) {
    return bind.equals("0.0.0.0") || bind.equals("::") ? "127.0.0.1" : bind;
  }

  /** The folder, or the nearest one above it that exists. */
  static Path existing(Path folder) {
    Path at = folder.toAbsolutePath();
    while (!Files.exists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }
}

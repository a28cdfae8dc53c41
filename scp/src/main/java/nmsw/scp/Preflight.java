package nmsw.scp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nmsw.dicom.net.TlsCredentials;
import nmsw.dicom.net.TlsFiles;
import nmsw.scp.config.AuditConfig;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.Route;
import nmsw.scp.config.StartException;
import nmsw.scp.config.StartException.Need;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.SelectionRequest;

/**
 * Whether what a configuration only names can be used: folders, certificates, models. Nothing is made, changed or taken, so
 * that a configuration can be looked at while a node runs with it; ports and the database are therefore left out.
 */
public final class Preflight {
  private final NodeConfig config;
  private final Instant now;
  private final List<StartException> obstacles = new ArrayList<>();

  private Preflight(NodeConfig config, Instant now) {
    this.config = config;
    this.now = now;
  }

  /**
   * Everything that keeps a node from starting with a configuration, each with the key that names it; empty if nothing does.
   */
  public static List<StartException> of(NodeConfig config, Instant now) {
    Preflight preflight = new Preflight(config, now);
    preflight.dataDirectory();
    preflight.certificates();
    preflight.models();
    return List.copyOf(preflight.obstacles);
  }

  private void dataDirectory() {
    Set<Path> written = new LinkedHashSet<>();
    Path data = config.dataDirectory();
    for (Path folder : List.of(data, data.resolve("spool"), data.resolve("spool/incoming"), data.resolve("outbox"))) {
      written.add(existing(folder));
    }
    for (Path folder : written) {
      try {
        Files.delete(Files.createTempFile(folder, ".nmsw-check", null));
      } catch (IOException e) {
        if (String.valueOf(e.getMessage()).contains("No space left")) {
          // A node with a full disk starts, refuses objects and delivers what it has, which makes room.
          continue;
        }
        String what = Files.isDirectory(folder) ? "the folder " + folder + " cannot be written" : folder + " is no folder";
        add(Need.DATA_DIRECTORY, "dataDirectory", what + "; give it to the user " + System.getProperty("user.name"));
      }
    }
  }

  private void certificates() {
    config.network().tls().ifPresent(tls -> certificate("network.tls", tls.files()));
    config.audit().flatMap(AuditConfig::tls).ifPresent(files -> certificate("audit.tls", files));
  }

  private void certificate(String key, TlsFiles files) {
    try {
      requireValid(TlsCredentials.open(files).identity());
    } catch (IOException e) {
      add(Need.CERTIFICATE, key, inWords(e));
    }
  }

  private void requireValid(List<X509Certificate> chain) throws IOException {
    for (X509Certificate certificate : chain) {
      Instant from = certificate.getNotBefore().toInstant();
      Instant until = certificate.getNotAfter().toInstant();
      String name = "the certificate of " + certificate.getSubjectX500Principal();
      if (now.isAfter(until)) {
        throw new IOException(name + " expired on " + until + "; put a new one in its place");
      }
      if (now.isBefore(from)) {
        throw new IOException(name + " is valid from " + from + " on; see whether the clock is right");
      }
    }
  }

  private void models() {
    Map<String, Set<SelectionRequest>> models = new LinkedHashMap<>();
    for (Route route : config.routes()) {
      models
          .computeIfAbsent(route.model(), name -> new LinkedHashSet<>())
          .add(route.effort().selection(config.compute().selection()));
    }
    models.forEach(this::model);
  }

  private void model(String name, Set<SelectionRequest> selections) {
    try {
      ModelBundle bundle = ModelBundle.current(config.modelsDirectory(), name);
      for (SelectionRequest selection : selections) {
        selection.of(bundle.description());
      }
    } catch (IOException | IllegalArgumentException e) {
      add(Need.MODEL, "model " + name, inWords(e));
    }
  }

  /** What the exceptions of file systems leave out. */
  private static String inWords(Exception e) {
    return e instanceof NoSuchFileException ? e.getMessage() + " is missing" : e.getMessage();
  }

  private void add(Need need, String key, String what) {
    obstacles.add(new StartException(need, key + ": " + what));
  }

  /** The folder, or the nearest one above it that exists. */
  private static Path existing(Path folder) {
    Path at = folder.toAbsolutePath();
    while (!Files.exists(at) && at.getParent() != null) {
      at = at.getParent();
    }
    return at;
  }
}

package nmsw.scp.delivery;

import static java.util.stream.Collectors.toMap;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.ClientTls;
import nmsw.dicom.net.TlsCredentials;
import nmsw.scp.config.DeliveryConfig;
import nmsw.scp.config.DestinationAddress;
import nmsw.scp.config.DestinationConfig;
import nmsw.scp.config.NodeConfig;

/** The destinations of a configuration, as the {@link Deliverer} knows them. */
public final class Destinations {
  private static final Duration LINGER = Duration.ofSeconds(5);

  private Destinations() {}

  /**
   * @param credentials of {@code network.tls}
   */
  public static Map<String, Deliverer.Destination> of(NodeConfig config, Optional<TlsCredentials> credentials) {
    return config.destinations().entrySet().stream()
        .collect(
            toMap(
                Map.Entry::getKey,
                one ->
                    new Deliverer.Destination(
                        sender(one.getValue(), config, credentials),
                        one.getValue().commitment().map(patience -> new Deliverer.Commitment(patience, LINGER)))));
  }

  private static Deliverer.Sender sender(
      DestinationConfig destination, NodeConfig config, Optional<TlsCredentials> credentials) {
    DeliveryConfig delivery = config.delivery();
    if (destination.address() instanceof DestinationAddress.StowRs web) {
      return new StowSender(
          web.studies(),
          destination.authorization(),
          credentials,
          delivery.connectTimeout(),
          delivery.responseTimeout());
    }
    return new ResultSender(
        destination.address().remote().orElseThrow(),
        destination.callingAe().orElse(config.aeTitle()),
        destination.commitment().isPresent(),
        client(delivery, credentials));
  }

  private static ClientConfig client(DeliveryConfig config, Optional<TlsCredentials> credentials) {
    ClientConfig defaults = ClientConfig.defaults();
    return new ClientConfig(
        config.connectTimeout(),
        config.connectTimeout(),
        config.responseTimeout(),
        defaults.releaseTimeout(),
        defaults.maxPduLength(),
        defaults.clock(),
        credentials.filter(read -> config.tls()).map(read -> new ClientTls(read, true)));
  }

  public static Deliverer.Rules rules(DeliveryConfig config) {
    return new Deliverer.Rules(
        new Backoff(config.firstRetry(), config.maxRetry(), config.maxRefusedRetry(), new Random()),
        config.warnAfter());
  }

  /** Whether reports of storage commitment may come on associations that destinations open. */
  public static boolean report(NodeConfig config) {
    return config.destinations().values().stream().anyMatch(one -> one.commitment().isPresent());
  }

  /** The called AE titles that are accepted: ours, and those by which a destination knows us that reports to us. */
  public static Set<String> calledAeTitles(NodeConfig config) {
    Set<String> titles = new TreeSet<>(config.aeTitles());
    config.destinations().values().stream()
        .filter(one -> one.commitment().isPresent())
        .forEach(one -> one.callingAe().ifPresent(titles::add));
    return titles;
  }

  /** The calling AE titles that are accepted, empty for all: those configured, and destinations that report to us. */
  public static Set<String> callingAeTitles(NodeConfig config) {
    if (config.callingAeTitles().isEmpty()) {
      return Set.of();
    }
    Set<String> titles = new TreeSet<>(config.callingAeTitles());
    config.destinations().values().stream()
        .filter(one -> one.commitment().isPresent())
        .forEach(one -> one.address().remote().ifPresent(remote -> titles.add(remote.aeTitle())));
    return titles;
  }
}

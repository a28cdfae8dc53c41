package nmsw.scp.config;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import nmsw.dicom.TransferSyntax;

/**
 * Limits of the network side: {@code network} of the configuration.
 *
 * @param maxAssociations open associations; more are rejected (transient, local limit exceeded)
 * @param maxAssociationsPerPeer of them from one address, so that one peer leaves room for others
 * @param maxPdu largest P-DATA-TF PDU that we take
 * @param idleTimeout an association that is silent for this long is aborted
 * @param artimTimeout a connection must send its A-ASSOCIATE-RQ within this time (PS3.8 §9.1.5)
 * @param compressed what is accepted behind the uncompressed transfer syntaxes
 * @param tls how connections are secured; empty for no TLS
 */
public record NetworkConfig(
    int maxAssociations,
    int maxAssociationsPerPeer,
    DataSize maxPdu,
    Duration idleTimeout,
    Duration artimTimeout,
    Compressed compressed,
    Optional<TlsConfig> tls) {

  /** Which compressed transfer syntaxes are accepted. */
  public enum Compressed {
    /** All that can be decoded. */
    ALL,
    /** Those that cannot have lost anything. */
    LOSSLESS,
    NONE;

    static Compressed parse(String text) {
      for (Compressed value : values()) {
        if (value.name().toLowerCase(Locale.ROOT).equals(text)) {
          return value;
        }
      }
      throw new IllegalArgumentException("is not all, lossless or none");
    }

    public boolean accepts(TransferSyntax syntax) {
      return !syntax.encapsulated() || this == ALL || this == LOSSLESS && !syntax.mayBeLossy();
    }
  }

  static NetworkConfig read(ConfigSection section) {
    int associations = section.integer("maxAssociations", 1, 10_000, 50);
    NetworkConfig network =
        new NetworkConfig(
            associations,
            // Often one archive is nearly all peers.
            section.integer("maxAssociationsPerPeer", 1, associations, Math.max(1, associations * 4 / 5)),
            section.size("maxPdu", new DataSize(128 << 10)),
            section.positiveDuration("idleTimeout", Duration.ofMinutes(1)),
            section.positiveDuration("artimTimeout", Duration.ofSeconds(10)),
            section.scalar("compressed", Compressed::parse, Compressed.ALL),
            TlsConfig.read(section.section("tls")));
    long pdu = network.maxPdu().bytes();
    if (pdu < 4096 || pdu > 1 << 20) {
      section.problem("maxPdu", "is not between 4KiB and 1MiB");
    }
    section.end();
    return network;
  }
}

package nmsw.dicom.net;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * How patient a {@link DicomClient} is.
 *
 * @param connectTimeout for the transport connection
 * @param associateTimeout for the answer to A-ASSOCIATE-RQ
 * @param responseTimeout for the answer to one C-STORE or C-ECHO, and for a peer that takes no more data
 * @param releaseTimeout for the answer to A-RELEASE-RQ, and for the peer to close after an abort
 * @param maxPduLength largest P-DATA-TF received and sent, bytes after the length field
 * @param tls how the connection is secured; empty for no TLS
 */
public record ClientConfig(
    Duration connectTimeout,
    Duration associateTimeout,
    Duration responseTimeout,
    Duration releaseTimeout,
    int maxPduLength,
    InstantSource clock,
    Optional<ClientTls> tls) {

  public ClientConfig {
    if (maxPduLength < ServerConfig.MIN_PDU_LENGTH || maxPduLength > ServerConfig.MAX_PDU_LENGTH) {
      throw new IllegalArgumentException("maxPduLength can't be " + maxPduLength);
    }
  }

  /** Without TLS. */
  public ClientConfig(
      Duration connectTimeout,
      Duration associateTimeout,
      Duration responseTimeout,
      Duration releaseTimeout,
      int maxPduLength,
      InstantSource clock) {
    this(
        connectTimeout, associateTimeout, responseTimeout, releaseTimeout, maxPduLength, clock, Optional.empty());
  }

  /** 10 s to connect, 30 s to associate, 2 minutes for a response, 10 s to release; PDUs of 128 KiB. */
  public static ClientConfig defaults() {
    return new ClientConfig(
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(2),
        Duration.ofSeconds(10),
        128 * 1024,
        Monotonic.source());
  }

  public ClientConfig withResponseTimeout(Duration timeout) {
    return new ClientConfig(
        connectTimeout, associateTimeout, timeout, releaseTimeout, maxPduLength, clock, tls);
  }

  public ClientConfig withMaxPduLength(int length) {
    return new ClientConfig(
        connectTimeout, associateTimeout, responseTimeout, releaseTimeout, length, clock, tls);
  }

  public ClientConfig withTls(ClientTls secured) {
    return new ClientConfig(
        connectTimeout,
        associateTimeout,
        responseTimeout,
        releaseTimeout,
        maxPduLength,
        clock,
        Optional.of(secured));
  }
}

package nmsw.dicom.net;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;

/**
 * How a {@link DicomServer} listens and whom it serves.
 *
 * @param port 0 takes a free one
 * @param calledAeTitles titles it answers to; empty = any
 * @param callingAeTitles titles it lets in; empty = any
 * @param callingAddresses blocks of addresses that peers may come from; empty = any
 * @param storageSopClasses SOP classes accepted for storage
 * @param acceptAllStorage accepts every standard storage SOP class as well
 * @param transferSyntaxes accepted for storage, in order of preference
 * @param maxPduLength largest P-DATA-TF received, bytes after the length field
 * @param maxAssociations served at a time; further ones are rejected as transient
 * @param maxAssociationsPerPeer of them from one address; further ones are rejected as transient
 * @param waitingConnections held beyond those numbers, half of them of one address: of peers that have not asked for an
 *     association yet, or hear why they are rejected; what comes on top is closed at once
 * @param maxCommandBytes largest command set; a peer that sends a larger one is aborted
 * @param maxObjectBytes largest data set taken; larger ones are answered with A700H
 * @param maxMemoryBytes that associations may take together, what handlers take not counted; further associations are
 *     rejected as transient
 * @param artimTimeout for the first request, and for the peer to close at the end (PS3.8 §9.1.5)
 * @param idleTimeout longest silence between two messages
 * @param dataTimeout longest wait inside a message, and for a peer that does not take our answers
 * @param requestTimeout longest time from the beginning of a message to its end
 * @param closeTimeout how long {@link DicomServer#close()} lets associations finish
 * @param maxOperations that a peer may have under way, where it asks for more than one (asynchronous operations window);
 *     they are answered in their order
 * @param reportRetries waits before a report of storage commitment is sent once more
 * @param tls how connections are secured; empty for no TLS
 */
public record ServerConfig(
    String bindAddress,
    int port,
    Set<String> calledAeTitles,
    Set<String> callingAeTitles,
    List<AddressBlock> callingAddresses,
    Set<String> storageSopClasses,
    boolean acceptAllStorage,
    List<TransferSyntax> transferSyntaxes,
    int maxPduLength,
    int maxAssociations,
    int maxAssociationsPerPeer,
    int waitingConnections,
    int maxCommandBytes,
    long maxMemoryBytes,
    long maxObjectBytes,
    Duration artimTimeout,
    Duration idleTimeout,
    Duration dataTimeout,
    Duration requestTimeout,
    Duration closeTimeout,
    InstantSource clock,
    int maxOperations,
    List<Duration> reportRetries,
    Optional<ServerTls> tls) {

  static final int MIN_PDU_LENGTH = 4096;
  static final int MAX_PDU_LENGTH = 1 << 20;

  private static final int MIN_COMMAND = 1024;
  private static final int MAX_COMMAND = 1 << 20;

  public ServerConfig {
    calledAeTitles = Set.copyOf(calledAeTitles);
    callingAeTitles = Set.copyOf(callingAeTitles);
    callingAddresses = List.copyOf(callingAddresses);
    storageSopClasses = Set.copyOf(storageSopClasses);
    transferSyntaxes = List.copyOf(transferSyntaxes);
    reportRetries = List.copyOf(reportRetries);
    calledAeTitles.forEach(AeTitle::check);
    callingAeTitles.forEach(AeTitle::check);
    require(port >= 0 && port <= 65535, "port", port);
    require(!transferSyntaxes.isEmpty(), "transferSyntaxes", transferSyntaxes);
    require(
        maxPduLength >= MIN_PDU_LENGTH && maxPduLength <= MAX_PDU_LENGTH, "maxPduLength", maxPduLength);
    require(maxAssociations >= 1, "maxAssociations", maxAssociations);
    require(maxAssociationsPerPeer >= 1, "maxAssociationsPerPeer", maxAssociationsPerPeer);
    require(waitingConnections >= 2, "waitingConnections", waitingConnections);
    require(
        maxCommandBytes >= MIN_COMMAND && maxCommandBytes <= MAX_COMMAND, "maxCommandBytes", maxCommandBytes);
    require(
        maxMemoryBytes >= associationBytes(maxPduLength, maxCommandBytes), "maxMemoryBytes", maxMemoryBytes);
    require(maxObjectBytes >= 1, "maxObjectBytes", maxObjectBytes);
    require(maxOperations >= 1 && maxOperations <= 0xFFFF, "maxOperations", maxOperations);
    require(reportRetries.stream().allMatch(ServerConfig::isPositive), "reportRetries", reportRetries);
    require(isPositive(artimTimeout), "artimTimeout", artimTimeout);
    require(isPositive(idleTimeout), "idleTimeout", idleTimeout);
    require(isPositive(dataTimeout), "dataTimeout", dataTimeout);
    require(isPositive(requestTimeout), "requestTimeout", requestTimeout);
    require(!closeTimeout.isNegative(), "closeTimeout", closeTimeout);
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }

  private static void require(boolean holds, String name, Object value) {
    if (!holds) {
      throw new IllegalArgumentException(name + " can't be " + value);
    }
  }

  /** The most that an association takes: buffers, one PDU as it came and one decoded, a command set. */
  private static long associationBytes(int maxPduLength, int maxCommandBytes) {
    return Connection.BYTES + 2L * Math.max(maxPduLength, Association.MAX_ASSOCIATE_LENGTH) + 2L * maxCommandBytes;
  }

  long associationBytes() {
    return associationBytes(maxPduLength, maxCommandBytes);
  }

  boolean takesAbstractSyntax(String uid) {
    return uid.equals(Uid.Verification) || takesStorage(uid);
  }

  boolean takesStorage(String sopClassUid) {
    return storageSopClasses.contains(sopClassUid)
        || acceptAllStorage && sopClassUid.startsWith("1.2.840.10008.5.1.4.1.1.") && Uid.isValid(sopClassUid);
  }

  /**
   * Starts from: all addresses, port 11112, any peer; CT, Enhanced CT and Segmentation in Explicit and Implicit VR
   * Little Endian; PDUs of 128 KiB, 32 associations of which 16 from one address, commands of 64 KiB, objects of 4 GiB, 256
   * MiB of memory; 15 s for the request of an association, 10 minutes between messages, 1 minute inside a message and 1 hour
   * for all of it.
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the settings of a {@link ServerConfig}. */
  public static final class Builder {
    private String bindAddress = "0.0.0.0";
    private int port = 11112;
    private Set<String> calledAeTitles = Set.of();
    private Set<String> callingAeTitles = Set.of();
    private List<AddressBlock> callingAddresses = List.of();
    private Set<String> storageSopClasses =
        new LinkedHashSet<>(
            List.of(Uid.CTImageStorage, Uid.EnhancedCTImageStorage, Uid.SegmentationStorage));
    private boolean acceptAllStorage;
    private List<TransferSyntax> transferSyntaxes =
        List.of(TransferSyntax.EXPLICIT_LE, TransferSyntax.IMPLICIT_LE);
    private int maxPduLength = 128 * 1024;
    private int maxAssociations = 32;
    private int maxAssociationsPerPeer = 16;
    private int waitingConnections = 16;
    private int maxCommandBytes = 64 * 1024;
    private long maxMemoryBytes = 256L << 20;
    private long maxObjectBytes = 4L << 30;
    private Duration artimTimeout = Duration.ofSeconds(15);
    private Duration idleTimeout = Duration.ofMinutes(10);
    private Duration dataTimeout = Duration.ofMinutes(1);
    private Duration requestTimeout = Duration.ofHours(1);
    private Duration closeTimeout = Duration.ofSeconds(20);
    private InstantSource clock = Monotonic.source();
    private int maxOperations = 16;
    private List<Duration> reportRetries =
        List.of(Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofMinutes(10));
    private Optional<ServerTls> tls = Optional.empty();

    private Builder() {}

    public Builder bindAddress(String value) {
      bindAddress = value;
      return this;
    }

    public Builder port(int value) {
      port = value;
      return this;
    }

    public Builder calledAeTitles(Set<String> value) {
      calledAeTitles = value;
      return this;
    }

    public Builder callingAeTitles(Set<String> value) {
      callingAeTitles = value;
      return this;
    }

    public Builder callingAddresses(List<AddressBlock> value) {
      callingAddresses = value;
      return this;
    }

    public Builder storageSopClasses(Set<String> value) {
      storageSopClasses = value;
      return this;
    }

    public Builder acceptAllStorage(boolean value) {
      acceptAllStorage = value;
      return this;
    }

    public Builder transferSyntaxes(List<TransferSyntax> value) {
      transferSyntaxes = value;
      return this;
    }

    public Builder maxPduLength(int value) {
      maxPduLength = value;
      return this;
    }

    public Builder maxAssociations(int value) {
      maxAssociations = value;
      return this;
    }

    public Builder maxAssociationsPerPeer(int value) {
      maxAssociationsPerPeer = value;
      return this;
    }

    public Builder waitingConnections(int value) {
      waitingConnections = value;
      return this;
    }

    public Builder maxCommandBytes(int value) {
      maxCommandBytes = value;
      return this;
    }

    public Builder maxMemoryBytes(long value) {
      maxMemoryBytes = value;
      return this;
    }

    public Builder maxObjectBytes(long value) {
      maxObjectBytes = value;
      return this;
    }

    public Builder artimTimeout(Duration value) {
      artimTimeout = value;
      return this;
    }

    public Builder idleTimeout(Duration value) {
      idleTimeout = value;
      return this;
    }

    public Builder dataTimeout(Duration value) {
      dataTimeout = value;
      return this;
    }

    public Builder requestTimeout(Duration value) {
      requestTimeout = value;
      return this;
    }

    public Builder closeTimeout(Duration value) {
      closeTimeout = value;
      return this;
    }

    /** The clock of all time-outs; the default is monotonic. */
    public Builder clock(InstantSource value) {
      clock = value;
      return this;
    }

    public Builder maxOperations(int value) {
      maxOperations = value;
      return this;
    }

    public Builder reportRetries(List<Duration> value) {
      reportRetries = value;
      return this;
    }

    public Builder tls(ServerTls value) {
      tls = Optional.of(value);
      return this;
    }

    public ServerConfig build() {
      return new ServerConfig(
          bindAddress,
          port,
          calledAeTitles,
          callingAeTitles,
          callingAddresses,
          storageSopClasses,
          acceptAllStorage,
          transferSyntaxes,
          maxPduLength,
          maxAssociations,
          maxAssociationsPerPeer,
          waitingConnections,
          maxCommandBytes,
          maxMemoryBytes,
          maxObjectBytes,
          artimTimeout,
          idleTimeout,
          dataTimeout,
          requestTimeout,
          closeTimeout,
          clock,
          maxOperations,
          reportRetries,
          tls);
    }
  }
}

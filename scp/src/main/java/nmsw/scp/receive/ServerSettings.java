package nmsw.scp.receive;

import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.PixelDecoder;
import nmsw.dicom.Uid;
import nmsw.dicom.net.ServerConfig;
import nmsw.dicom.net.ServerTls;
import nmsw.dicom.net.TlsCredentials;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.delivery.Destinations;
import nmsw.scp.review.Corrections;

/**
 * What the node's DICOM server lets in, of a configuration.
 *
 * @param credentials what {@code network.tls} names, opened
 * @param patience clock of the time-outs of associations; empty for the default, which nobody can set
 */
public record ServerSettings(Optional<TlsCredentials> credentials, Optional<InstantSource> patience) {
  /** Half as many that try at once from one address hear why they are rejected. */
  private static final int WAITING_CONNECTIONS = 1024;

  /**
   * What we take. What is not CT is refused later, by a code that the operator sees, not by a silent peer.
   */
  public static final Set<String> STORAGE =
      Set.of(
          Uid.CTImageStorage,
          Uid.EnhancedCTImageStorage,
          Uid.LegacyConvertedEnhancedCTImageStorage,
          Uid.MRImageStorage,
          Uid.EnhancedMRImageStorage,
          Uid.PositronEmissionTomographyImageStorage,
          Uid.SecondaryCaptureImageStorage,
          Uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
          Uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
          Uid.MultiFrameTrueColorSecondaryCaptureImageStorage);

  /** What is taken on associations. */
  private static Set<String> storage(NodeConfig config) {
    if (!config.review().corrections()) {
      return STORAGE;
    }
    Set<String> all = new HashSet<>(STORAGE);
    all.addAll(Corrections.SOP_CLASSES);
    return all;
  }

  public ServerConfig of(NodeConfig config) {
    ServerConfig.Builder builder =
        ServerConfig.builder()
            .bindAddress(config.bind())
            .port(config.port())
            .calledAeTitles(Destinations.calledAeTitles(config))
            .callingAeTitles(Destinations.callingAeTitles(config))
            .storageSopClasses(storage(config))
            .transferSyntaxes(
                PixelDecoder.transferSyntaxes().stream().filter(config.network().compressed()::accepts).toList())
            .maxPduLength((int) config.network().maxPdu().bytes())
            .maxAssociations(config.network().maxAssociations())
            .maxAssociationsPerPeer(config.network().maxAssociationsPerPeer())
            .waitingConnections(WAITING_CONNECTIONS)
            .maxObjectBytes(config.storage().maxObject().bytes())
            .artimTimeout(config.network().artimTimeout())
            .idleTimeout(config.network().idleTimeout());
    patience.ifPresent(builder::clock);
    credentials.ifPresent(
        read -> builder.tls(new ServerTls(read, config.network().tls().orElseThrow().clientCertificates())));
    return builder.build();
  }
}

package nmsw.dicom.net;

import javax.net.ssl.SSLEngine;

/**
 * TLS of a {@link DicomServer}.
 *
 * @param clientCertificateRequired whether peers must show a certificate of a trusted authority; if not, none is asked
 *     for
 */
public record ServerTls(TlsCredentials credentials, boolean clientCertificateRequired) {
  public ServerTls {
    if (!credentials.hasIdentity()) {
      throw new IllegalArgumentException("a server with TLS needs a certificate and its private key");
    }
  }

  SSLEngine engine() {
    return credentials.server(clientCertificateRequired);
  }
}

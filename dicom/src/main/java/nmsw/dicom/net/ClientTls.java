package nmsw.dicom.net;

import javax.net.ssl.SSLEngine;

/**
 * TLS of a {@link DicomClient}.
 *
 * @param checkHostName whether the peer's certificate must name the host that we connect to, beside coming from a
 *     trusted authority
 */
public record ClientTls(TlsCredentials credentials, boolean checkHostName) {
  SSLEngine engine(RemoteAe remote) {
    return credentials.client(remote.host(), remote.port(), checkHostName);
  }
}

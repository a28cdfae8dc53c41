package nmsw.dicom.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Key, certificate and trusted authorities for TLS. Files that were replaced are read again for the next connection, and
 * connections that stand keep what they began with; what can't be used is logged, and what was read before stays in
 * use until it can.
 *
 * <p>What is negotiated is within the "BCP 195 RFC 8996, 9325 TLS Secure Transport Connection Profile" of PS3.15 (Annex B)
 * and within the older BCP 195 profiles' non-downgrading and extended ones: TLS 1.3 or 1.2, ephemeral keys on elliptic curves,
 * authenticated encryption.
 */
public final class TlsCredentials {
  static final List<String> CIPHER_SUITES =
      List.of(
          "TLS_AES_256_GCM_SHA384",
          "TLS_AES_128_GCM_SHA256",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");
  private static final Logger LOG = LoggerFactory.getLogger(TlsCredentials.class);
  private static final long MAX_FILE = 1 << 20;
  private static final int DER_SEQUENCE = 0x30;

  /** Differs when a file is another one, as far as the file system tells. */
  private record Stamp(FileTime modified, long size, Object key) {}

  private record Material(SSLContext context, List<X509Certificate> identity) {}

  private final TlsFiles files;
  private Map<Path, Stamp> stamps;
  private Material material;

  private TlsCredentials(TlsFiles files) {
    this.files = files;
  }

  /**
   * Reads the files.
   *
   * @throws IOException if one can't be used; names it
   */
  public static TlsCredentials open(TlsFiles files) throws IOException {
    TlsCredentials credentials = new TlsCredentials(files);
    credentials.stamps = credentials.stamp();
    credentials.material = credentials.load();
    return credentials;
  }

  /** For a connection that a peer opened. */
  public SSLEngine server(boolean clientCertificateRequired) {
    SSLEngine engine = configured(current().createSSLEngine());
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setUseCipherSuitesOrder(true);
    parameters.setNeedClientAuth(clientCertificateRequired);
    engine.setSSLParameters(parameters);
    return engine;
  }

  /**
   * For a connection that we open.
   *
   * @param checkHostName whether the peer's certificate must be for {@code host}
   */
  SSLEngine client(String host, int port, boolean checkHostName) {
    SSLEngine engine = configured(current().createSSLEngine(host, port));
    engine.setUseClientMode(true);
    if (checkHostName) {
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
    }
    return engine;
  }

  private static SSLEngine configured(SSLEngine engine) {
    engine.setEnabledProtocols(PROTOCOLS.toArray(String[]::new));
    engine.setEnabledCipherSuites(CIPHER_SUITES.toArray(String[]::new));
    return engine;
  }

  /** For a client of another protocol, with {@link #parameters}; another one after the files were replaced. */
  public SSLContext context() {
    return current();
  }

  /** The versions and cipher suites of the profile. */
  public static SSLParameters parameters() {
    return new SSLParameters(CIPHER_SUITES.toArray(String[]::new), PROTOCOLS.toArray(String[]::new));
  }

  boolean hasIdentity() {
    return files.identity().isPresent();
  }

  /**
   * Our certificate and those that lead to its issuer, as they are in use now; empty for a client that shows none. Whether
   * they are valid today is not looked at: peers do.
   */
  public List<X509Certificate> identity() {
    return material().identity();
  }

  /**
   * A TLS connection to a peer, for protocols other than DICOM.
   *
   * @param socket connected; closed with what is returned
   * @param host whom the peer's certificate must be for
   */
  public SSLSocket client(Socket socket, String host) throws IOException {
    SSLSocket secured =
        (SSLSocket) current().getSocketFactory().createSocket(socket, host, socket.getPort(), true);
    secured.setEnabledProtocols(PROTOCOLS.toArray(String[]::new));
    secured.setEnabledCipherSuites(CIPHER_SUITES.toArray(String[]::new));
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    return secured;
  }

  private SSLContext current() {
    return material().context();
  }

  private synchronized Material material() {
    Map<Path, Stamp> now;
    try {
      now = stamp();
    } catch (IOException e) {
      LOG.warn("TLS material can't be looked at, that read before stays in use: {}", e.getMessage());
      return material;
    }
    if (!now.equals(stamps)) {
      // Told once for each change; half of a change is not the last.
      stamps = now;
      try {
        material = load();
        LOG.info("TLS material was read again: {}", files);
      } catch (IOException e) {
        LOG.warn("TLS material was changed but can't be used, that read before stays in use: {}", e.getMessage());
      }
    }
    return material;
  }

  private Map<Path, Stamp> stamp() throws IOException {
    Map<Path, Stamp> found = new LinkedHashMap<>();
    List<Path> all =
        Stream.of(files.identity(), files.privateKey(), Optional.of(files.trusted()))
            .flatMap(Optional::stream)
            .toList();
    for (Path file : all) {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      found.put(file, new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey()));
    }
    return found;
  }

  private Material load() throws IOException {
    try {
      KeyStore identity = identityStore();
      KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(identity, password());
      SSLContext loaded = SSLContext.getInstance("TLS");
      loaded.init(keys.getKeyManagers(), trust().getTrustManagers(), null);
      return new Material(loaded, chain(identity));
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS can't be set up: " + e.getMessage(), e);
    }
  }

  private KeyStore identityStore() throws GeneralSecurityException, IOException {
    KeyStore store = emptyStore();
    if (files.identity().isPresent()) {
      Path file = files.identity().get();
      byte[] bytes = read(file);
      try {
        store = bytes[0] == DER_SEQUENCE ? pkcs12(bytes) : pemIdentity(bytes);
        requireKey(store);
      } catch (GeneralSecurityException | IOException e) {
        throw new IOException(file + " is no identity for TLS: " + e.getMessage(), e);
      }
    }
    return store;
  }

  private static List<X509Certificate> chain(KeyStore store) throws GeneralSecurityException {
    List<X509Certificate> chain = new ArrayList<>();
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)) {
        for (Certificate certificate : store.getCertificateChain(alias)) {
          chain.add((X509Certificate) certificate);
        }
      }
    }
    return List.copyOf(chain);
  }

  private KeyStore pemIdentity(byte[] bytes) throws GeneralSecurityException, IOException {
    List<X509Certificate> chain = new Pem(bytes).certificates();
    if (chain.isEmpty()) {
      throw new IOException("it has no certificate");
    }
    Path keyFile = files.privateKey().orElse(files.identity().orElseThrow());
    PrivateKey key =
        new Pem(read(keyFile))
            .privateKey(password())
            .orElseThrow(() -> new IOException("there is no private key in " + keyFile));
    KeyStore store = emptyStore();
    store.setKeyEntry("identity", key, password(), chain.toArray(Certificate[]::new));
    return store;
  }

  /** A key of another certificate, as between the replacement of two files, would fail every handshake. */
  private void requireKey(KeyStore store) throws GeneralSecurityException, IOException {
    for (String alias : Collections.list(store.aliases())) {
      if (store.isKeyEntry(alias)) {
        PrivateKey key = (PrivateKey) store.getKey(alias, password());
        Signature signature =
            Signature.getInstance(
                switch (key.getAlgorithm()) {
                  case "RSA" -> "SHA256withRSA";
                  case "EC" -> "SHA256withECDSA";
                  default -> key.getAlgorithm();
                });
        signature.initSign(key);
        byte[] proof = signature.sign();
        if (!verifies(signature, store.getCertificate(alias), proof)) {
          throw new IOException("the private key does not belong to the certificate");
        }
        return;
      }
    }
    throw new IOException("it has no private key");
  }

  private static boolean verifies(Signature signature, Certificate certificate, byte[] proof)
      throws SignatureException {
    try {
      signature.initVerify(certificate);
    } catch (InvalidKeyException e) {
      // A key for another algorithm.
      return false;
    }
    return signature.verify(proof);
  }

  private TrustManagerFactory trust() throws GeneralSecurityException, IOException {
    byte[] bytes = read(files.trusted());
    KeyStore store = emptyStore();
    try {
      List<X509Certificate> certificates =
          bytes[0] == DER_SEQUENCE ? certificates(pkcs12(bytes)) : new Pem(bytes).certificates();
      for (X509Certificate certificate : certificates) {
        store.setCertificateEntry("trusted-" + store.size(), certificate);
      }
    } catch (GeneralSecurityException | IOException e) {
      throw new IOException(files.trusted() + " has no certificates to trust: " + e.getMessage(), e);
    }
    if (store.size() == 0) {
      throw new IOException(files.trusted() + " has no certificates to trust");
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory;
  }

  private static List<X509Certificate> certificates(KeyStore store) throws GeneralSecurityException {
    List<X509Certificate> all = new ArrayList<>();
    for (String alias : Collections.list(store.aliases())) {
      if (store.getCertificate(alias) instanceof X509Certificate certificate) {
        all.add(certificate);
      }
    }
    return all;
  }

  private KeyStore pkcs12(byte[] bytes) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = new ByteArrayInputStream(bytes)) {
      store.load(in, password());
    }
    return store;
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private char[] password() {
    return files.password().orElse("").toCharArray();
  }

  private static byte[] read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IOException("TLS needs the file " + file + ", which does not exist");
    }
    long size = Files.size(file);
    if (size == 0 || size > MAX_FILE) {
      throw new IOException(file + " has " + size + " bytes, which no file for TLS has");
    }
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length == 0) {
      throw new IOException(file + " is empty");
    }
    return bytes;
  }
}

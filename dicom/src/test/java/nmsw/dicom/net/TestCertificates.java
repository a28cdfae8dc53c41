package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** An authority, certificates that it issued, and one that it did not, made by the JDK's keytool. */
final class TestCertificates {
  static final String PASSWORD = "changeit";

  /** One key with its certificate, in both forms. */
  record Identity(Path pkcs12, Path certificate, Path privateKey) {}

  final Path trusted;
  final Path strangerTrusted;
  final Identity node;
  final Identity renewed;
  final Identity peer;
  final Identity elsewhere;
  final Identity stranger;

  private final Path folder;

  TestCertificates(Path folder) throws Exception {
    this.folder = folder;
    Path all = folder.resolve("all.p12");
    keytool(all, "ca", "EC", "-ext", "bc:c");
    keytool(all, "node", "RSA", "-signer", "ca", "-ext", "san=ip:127.0.0.1,dns:localhost");
    keytool(all, "renewed", "EC", "-signer", "ca", "-ext", "san=ip:127.0.0.1,dns:localhost");
    keytool(all, "peer", "EC", "-signer", "ca", "-ext", "san=ip:127.0.0.1,dns:localhost");
    keytool(all, "elsewhere", "EC", "-signer", "ca", "-ext", "san=dns:elsewhere");
    keytool(all, "stranger", "EC", "-ext", "san=ip:127.0.0.1,dns:localhost");
    KeyStore store = load(all);
    trusted = write("trusted.pem", pem("CERTIFICATE", store.getCertificate("ca").getEncoded()));
    strangerTrusted =
        write("stranger-trusted.pem", pem("CERTIFICATE", store.getCertificate("stranger").getEncoded()));
    node = identity(store, "node");
    renewed = identity(store, "renewed");
    peer = identity(store, "peer");
    elsewhere = identity(store, "elsewhere");
    stranger = identity(store, "stranger");
  }

  private static void keytool(Path store, String alias, String algorithm, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-alias", alias, "-keyalg", algorithm, "-dname", "CN=" + alias));
    command.addAll(List.of("-validity", "30", "-keystore", store.toString(), "-storetype", "PKCS12"));
    command.addAll(List.of("-storepass", PASSWORD));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), output);
  }

  private static KeyStore load(Path path) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(path)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  private Identity identity(KeyStore all, String alias) throws Exception {
    Key key = all.getKey(alias, PASSWORD.toCharArray());
    Certificate[] chain = all.getCertificateChain(alias);
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(alias, key, PASSWORD.toCharArray(), chain);
    Path pkcs12 = folder.resolve(alias + ".p12");
    try (var out = Files.newOutputStream(pkcs12)) {
      store.store(out, PASSWORD.toCharArray());
    }
    return new Identity(
        pkcs12,
        write(alias + ".crt", pem("CERTIFICATE", chain[0].getEncoded())),
        write(alias + ".key", pem("PRIVATE KEY", key.getEncoded())));
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  static String pem(String label, byte[] der) {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
  }

  TlsCredentials pem(Identity identity) throws IOException {
    return TlsCredentials.open(TlsFiles.pem(identity.certificate, identity.privateKey, trusted));
  }

  TlsCredentials pkcs12(Identity identity) throws IOException {
    return TlsCredentials.open(TlsFiles.pkcs12(identity.pkcs12, PASSWORD, trusted));
  }

  TlsCredentials none() throws IOException {
    return TlsCredentials.open(TlsFiles.trustOnly(trusted));
  }
}

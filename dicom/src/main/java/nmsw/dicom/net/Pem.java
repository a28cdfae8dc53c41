package nmsw.dicom.net;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Certificates and private keys as text (RFC 7468). */
final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  /** What PKCS#8 keys in certificates of today are for. */
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

  private record Block(String label, byte[] der) {}

  private final List<Block> blocks = new ArrayList<>();

  Pem(byte[] text) throws IOException {
    Matcher matcher = BLOCK.matcher(new String(text, StandardCharsets.ISO_8859_1));
    while (matcher.find()) {
      try {
        blocks.add(new Block(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2))));
      } catch (IllegalArgumentException e) {
        throw new IOException("PEM block " + matcher.group(1) + " is not base64", e);
      }
    }
  }

  List<X509Certificate> certificates() throws GeneralSecurityException {
    List<X509Certificate> certificates = new ArrayList<>();
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (Block block : blocks) {
      if (block.label.equals("CERTIFICATE")) {
        certificates.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der)));
      }
    }
    return certificates;
  }

  /** The first private key, PKCS#8 with or without encryption. */
  Optional<PrivateKey> privateKey(char[] password) throws GeneralSecurityException, IOException {
    for (Block block : blocks) {
      switch (block.label) {
        case "PRIVATE KEY" -> {
          return Optional.of(key(new PKCS8EncodedKeySpec(block.der)));
        }
        case "ENCRYPTED PRIVATE KEY" -> {
          return Optional.of(key(decrypted(block.der, password)));
        }
        case "RSA PRIVATE KEY", "EC PRIVATE KEY" ->
            throw new IOException(
                "'" + block.label + "' is not PKCS#8; convert it: openssl pkcs8 -topk8 -in OLD -out NEW");
        default -> { }
      }
    }
    return Optional.empty();
  }

  private static PKCS8EncodedKeySpec decrypted(byte[] der, char[] password)
      throws GeneralSecurityException, IOException {
    EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
    // The algorithm's name is PBES2 only; which one of them stands in the text of its parameters.
    String algorithm = info.getAlgParameters().toString();
    SecretKey key = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
    Cipher cipher = Cipher.getInstance(algorithm);
    cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
    try {
      return info.getKeySpec(cipher);
    } catch (InvalidKeySpecException e) {
      throw new GeneralSecurityException("the private key's password is wrong", e);
    }
  }

  private static PrivateKey key(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException e) {
        // A key for another algorithm.
      }
    }
    throw new InvalidKeySpecException("the private key is for none of " + KEY_ALGORITHMS);
  }
}

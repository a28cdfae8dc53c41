package nmsw.dicom.net;

import java.nio.charset.StandardCharsets;

/**
 * Who asks for an association (PS3.7 §D.3.3.7). Passcodes go over the network as they are: use TLS.
 *
 * @param type of {@code primary}: {@link #USERNAME}, {@link #USERNAME_AND_PASSCODE}, {@link #KERBEROS}, {@link #SAML} or
 *     {@link #JSON_WEB_TOKEN}
 * @param responseRequested whether the acceptor is to confirm that it has looked at it; an association without is given up
 * @param secondary the passcode; empty for other types
 */
public record UserIdentity(int type, boolean responseRequested, byte[] primary, byte[] secondary) {
  public static final int USERNAME = 1;
  public static final int USERNAME_AND_PASSCODE = 2;
  public static final int KERBEROS = 3;
  public static final int SAML = 4;
  public static final int JSON_WEB_TOKEN = 5;

  public UserIdentity {
    primary = primary.clone();
    secondary = secondary.clone();
  }

  public static UserIdentity username(String name, boolean responseRequested) {
    return new UserIdentity(USERNAME, responseRequested, name.getBytes(StandardCharsets.UTF_8), new byte[0]);
  }

  public static UserIdentity username(String name, String passcode, boolean responseRequested) {
    return new UserIdentity(
        USERNAME_AND_PASSCODE,
        responseRequested,
        name.getBytes(StandardCharsets.UTF_8),
        passcode.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public byte[] primary() {
    return primary.clone();
  }

  @Override
  public byte[] secondary() {
    return secondary.clone();
  }

  /** The name, for types that have one. */
  public String name() {
    return new String(primary, StandardCharsets.UTF_8);
  }

  /** The passcode, for types that have one. */
  public String passcode() {
    return new String(secondary, StandardCharsets.UTF_8);
  }

  /** Without what it is that proves the identity. */
  @Override
  public String toString() {
    return "UserIdentity[type=" + type + "]";
  }
}

package nmsw.dicom.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** A block of IP addresses in CIDR notation (RFC 4632): {@code 10.1.0.0/16}, {@code 2001:db8::/32}, or one address. */
public record AddressBlock(InetAddress network, int prefixLength) {
  /** No name that a resolver would be asked for. */
  private static final Pattern NUMERIC = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

  public AddressBlock {
    int bits = 8 * network.getAddress().length;
    if (prefixLength < 0 || prefixLength > bits) {
      throw new IllegalArgumentException("a prefix of " + prefixLength + " bits where there are " + bits);
    }
    for (int bit = prefixLength; bit < bits; bit++) {
      if (bit(network.getAddress(), bit) != 0) {
        throw new IllegalArgumentException(
            network.getHostAddress() + "/" + prefixLength + " has bits set beyond its prefix");
      }
    }
  }

  public static AddressBlock parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    if (!NUMERIC.matcher(address).matches()) {
      throw new IllegalArgumentException("'" + text + "' is not of the form ADDRESS/PREFIX, ADDRESS in numbers");
    }
    try {
      InetAddress network = InetAddress.getByName(address);
      int bits = 8 * network.getAddress().length;
      return new AddressBlock(network, slash < 0 ? bits : Integer.parseInt(text.substring(slash + 1)));
    } catch (UnknownHostException | NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not of the form ADDRESS/PREFIX", e);
    }
  }

  boolean contains(InetAddress address) {
    byte[] own = network.getAddress();
    byte[] other = address.getAddress();
    if (own.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < prefixLength; bit++) {
      if (bit(own, bit) != bit(other, bit)) {
        return false;
      }
    }
    return true;
  }

  private static int bit(byte[] address, int index) {
    return address[index / 8] >> 7 - index % 8 & 1;
  }

  @Override
  public String toString() {
    return network.getHostAddress() + "/" + prefixLength;
  }
}

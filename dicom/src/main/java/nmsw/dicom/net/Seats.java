package nmsw.dicom.net;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/** Places that there is a number of, in all and for each address. */
final class Seats {
  private int max;
  private int maxPerAddress;
  private final Map<InetAddress, Integer> taken = new HashMap<>();
  private int all;

  Seats(int max, int maxPerAddress) {
    this.max = max;
    this.maxPerAddress = maxPerAddress;
  }

  /** Those that are taken stay so, be they more. */
  synchronized void resize(int newMax, int newMaxPerAddress) {
    max = newMax;
    maxPerAddress = newMaxPerAddress;
  }

  synchronized boolean tryTake(InetAddress address) {
    int own = taken.getOrDefault(address, 0);
    if (all >= max || own >= maxPerAddress) {
      return false;
    }
    all++;
    taken.put(address, own + 1);
    return true;
  }

  synchronized void give(InetAddress address) {
    all--;
    taken.computeIfPresent(address, (key, own) -> own == 1 ? null : own - 1);
  }
}

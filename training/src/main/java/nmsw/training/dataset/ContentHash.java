package nmsw.training.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/**
 * SHA-256, in hexadecimal, of what a volume holds: its size along x, y, z as 32-bit and its voxels as 16-bit (images) or
 * 8-bit (labels) little-endian numbers. Its place in space is left out: the same scan stored with another origin is the
 * same scan.
 */
public final class ContentHash {
  private static final int CHUNK = 1 << 16;

  private ContentHash() {}

  static String of(Volume volume) {
    MessageDigest digest = start(volume.grid());
    short[] voxels = volume.hounsfield();
    ByteBuffer chunk = ByteBuffer.allocate(2 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < voxels.length; from += CHUNK) {
      int count = Math.min(CHUNK, voxels.length - from);
      chunk.asShortBuffer().put(voxels, from, count);
      digest.update(chunk.array(), 0, 2 * count);
    }
    return hex(digest);
  }

  static String of(LabelVolume labels) {
    MessageDigest digest = start(labels.grid());
    digest.update(labels.labels());
    return hex(digest);
  }

  static String ofFile(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] chunk = new byte[CHUNK];
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        digest.update(chunk, 0, read);
      }
    }
    return hex(digest);
  }

  /** Of a text in UTF-8. */
  public static String ofText(String text) {
    MessageDigest digest = sha256();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return hex(digest);
  }

  private static MessageDigest start(Grid grid) {
    MessageDigest digest = sha256();
    ByteBuffer size = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    size.putInt(grid.nx()).putInt(grid.ny()).putInt(grid.nz());
    digest.update(size.array());
    return digest;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}

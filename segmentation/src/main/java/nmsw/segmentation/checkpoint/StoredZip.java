package nmsw.segmentation.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Directory of a zip file whose entries are stored, not compressed, as {@code torch.save} writes them
 * (APPNOTE.TXT 6.3.9, zip64 included). Compressed, encrypted, doubled and overlapping entries are refused,
 * so that what is read is never more than the file is long. Names are keys, never paths.
 *
 * <p>The JDK's own reader is not used: it takes a directory of any size into memory, keeps one of two
 * entries of the same name, and does not tell where an entry's bytes lie.
 */
final class StoredZip {
  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xffff;
  private static final int LOCATOR_BYTES = 20;
  private static final int END64_BYTES = 56;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int END = 0x06054b50;
  private static final int LOCATOR = 0x07064b50;
  private static final int END64 = 0x06064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final long UNSIGNED = 0xffffffffL;
  private static final int ENCRYPTED = 1;
  private static final int ZIP64_EXTRA = 1;
  private static final int MAX_ENTRIES = 50_000;
  private static final long MAX_DIRECTORY_BYTES = 16L << 20;
  private static final int MAX_NAME = 512;

  /**
   * @param offset of the first byte in the file
   * @param size in bytes
   */
  record Entry(String name, long offset, long size, int crc) {}

  private record Directory(long offset, long size, long count) {}

  private final FileChannel channel;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** Reads the directory; the channel stays the caller's. */
  StoredZip(FileChannel channel) throws IOException {
    this.channel = channel;
    Directory directory = directory();
    if (directory.count() > MAX_ENTRIES || directory.size() > MAX_DIRECTORY_BYTES) {
      throw refusal(
          "directory of %d entries in %d bytes; allowed are %d in %d",
          directory.count(), directory.size(), MAX_ENTRIES, MAX_DIRECTORY_BYTES);
    }
    ByteBuffer bytes = read(directory.offset(), (int) directory.size());
    for (long i = 0; i < directory.count(); i++) {
      Entry entry = entry(bytes, directory.offset());
      if (entries.put(entry.name(), entry) != null) {
        throw refusal("entry '%s' occurs twice", entry.name());
      }
    }
    if (bytes.hasRemaining()) {
      throw refusal("%d bytes follow the last entry of the directory", bytes.remaining());
    }
    requireApart();
  }

  /** All entries by name, in the order of the directory. */
  Map<String, Entry> entries() {
    return entries;
  }

  /**
   * A small entry's bytes.
   *
   * @throws ImportRefusal if it is larger than {@code maxBytes} or its check sum is wrong
   */
  byte[] bytes(Entry entry, int maxBytes) throws IOException {
    if (entry.size() > maxBytes) {
      throw refusal("entry '%s' has %d bytes; allowed are %d", entry.name(), entry.size(), maxBytes);
    }
    requireIntact(entry);
    return read(entry.offset(), (int) entry.size()).array();
  }

  /** Reads the entry once through to compare its check sum. */
  void requireIntact(Entry entry) throws IOException {
    CRC32 crc = new CRC32();
    ByteBuffer chunk = ByteBuffer.allocate(1 << 16);
    long position = entry.offset();
    long end = entry.offset() + entry.size();
    while (position < end) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), end - position));
      int count = channel.read(chunk, position);
      if (count < 0) {
        throw new EOFException("ends in the middle of entry '" + entry.name() + "'");
      }
      crc.update(chunk.flip());
      position += count;
    }
    if ((int) crc.getValue() != entry.crc()) {
      throw refusal(
          "entry '%s' does not have the check sum of the directory: the file is damaged, or was saved with"
              + " torch.serialization.set_crc32_options(False)",
          entry.name());
    }
  }

  private Directory directory() throws IOException {
    long size = channel.size();
    int tail = (int) Math.min(size, END_BYTES + MAX_COMMENT);
    ByteBuffer bytes = read(size - tail, tail);
    for (int at = tail - END_BYTES; at >= 0; at--) {
      if (bytes.getInt(at) == END && at + END_BYTES + unsigned(bytes.getShort(at + 20)) == tail) {
        return directory(bytes, at, size - tail + at);
      }
    }
    throw refusal("no end of a zip directory: the file is cut short");
  }

  private Directory directory(ByteBuffer bytes, int at, long position) throws IOException {
    Directory directory =
        new Directory(
            bytes.getInt(at + 16) & UNSIGNED,
            bytes.getInt(at + 12) & UNSIGNED,
            unsigned(bytes.getShort(at + 10)));
    boolean severalDisks = bytes.getShort(at + 4) != 0 || bytes.getShort(at + 6) != 0;
    long end = position;
    if (directory.offset() == UNSIGNED || directory.size() == UNSIGNED || directory.count() == 0xffff) {
      ByteBuffer locator = read(position - LOCATOR_BYTES, LOCATOR_BYTES);
      end = locator.getLong(8);
      ByteBuffer end64 = read(end, END64_BYTES);
      if (locator.getInt(0) != LOCATOR || end64.getInt(0) != END64) {
        throw refusal("no zip64 end of the directory");
      }
      directory = new Directory(end64.getLong(48), end64.getLong(40), end64.getLong(32));
      severalDisks = end64.getInt(16) != 0 || end64.getInt(20) != 0;
    }
    if (severalDisks
        || directory.count() < 0
        || directory.size() < 0
        || directory.offset() < 0
        || directory.offset() > end
        || directory.size() > end - directory.offset()) {
      throw refusal("the directory lies outside of the file");
    }
    return directory;
  }

  private Entry entry(ByteBuffer bytes, long directoryOffset) throws IOException {
    int at = bytes.position();
    if (bytes.remaining() < CENTRAL_BYTES || bytes.getInt(at) != CENTRAL) {
      throw refusal("the directory is damaged at its byte %d", at);
    }
    int nameBytes = unsigned(bytes.getShort(at + 28));
    int extraBytes = unsigned(bytes.getShort(at + 30));
    int commentBytes = unsigned(bytes.getShort(at + 32));
    int length = CENTRAL_BYTES + nameBytes + extraBytes + commentBytes;
    if (nameBytes > MAX_NAME || length > bytes.remaining()) {
      throw refusal("the directory is damaged at its byte %d", at);
    }
    String name = new String(bytes.array(), at + CENTRAL_BYTES, nameBytes, StandardCharsets.UTF_8);
    if (bytes.getShort(at + 10) != 0) {
      throw refusal(
          "entry '%s' is compressed, which torch.save never does; if this is a TorchScript program, save"
              + " torch.jit.load(file).state_dict() instead",
          name);
    }
    if ((bytes.getShort(at + 8) & ENCRYPTED) != 0) {
      throw refusal("entry '%s' is encrypted", name);
    }
    long compressed = bytes.getInt(at + 20) & UNSIGNED;
    long size = bytes.getInt(at + 24) & UNSIGNED;
    long local = bytes.getInt(at + 42) & UNSIGNED;
    ByteBuffer extra = zip64(bytes.slice(at + CENTRAL_BYTES + nameBytes, extraBytes));
    size = size == UNSIGNED ? next(extra, name) : size;
    compressed = compressed == UNSIGNED ? next(extra, name) : compressed;
    local = local == UNSIGNED ? next(extra, name) : local;
    if (compressed != size) {
      throw refusal("entry '%s' is stored in %d bytes but %d long", name, compressed, size);
    }
    bytes.position(at + length);
    return new Entry(name, start(name, local, size, directoryOffset), size, bytes.getInt(at + 16));
  }

  /** The values of the zip64 extra field; empty without one. */
  private static ByteBuffer zip64(ByteBuffer extra) {
    extra.order(ByteOrder.LITTLE_ENDIAN);
    while (extra.remaining() >= 4) {
      int id = unsigned(extra.getShort());
      int length = Math.min(unsigned(extra.getShort()), extra.remaining());
      if (id == ZIP64_EXTRA) {
        return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      }
      extra.position(extra.position() + length);
    }
    return ByteBuffer.allocate(0);
  }

  private static long next(ByteBuffer zip64, String name) throws IOException {
    if (zip64.remaining() < 8) {
      throw refusal("entry '%s' has no zip64 size", name);
    }
    return zip64.getLong();
  }

  /** First byte of an entry's data, after its local header. */
  private long start(String name, long local, long size, long directoryOffset) throws IOException {
    if (local < 0 || size < 0 || local > directoryOffset - LOCAL_BYTES) {
      throw refusal("entry '%s' lies outside of the file", name);
    }
    ByteBuffer header = read(local, LOCAL_BYTES);
    if (header.getInt(0) != LOCAL || header.getShort(8) != 0) {
      throw refusal("entry '%s' has no local header of a stored entry at byte %d", name, local);
    }
    long begin =
        local + LOCAL_BYTES + unsigned(header.getShort(26)) + unsigned(header.getShort(28));
    if (begin > directoryOffset || size > directoryOffset - begin) {
      throw refusal("entry '%s' lies outside of the file", name);
    }
    return begin;
  }

  private void requireApart() throws IOException {
    List<Entry> byPosition = new ArrayList<>(entries.values());
    byPosition.sort(Comparator.comparingLong(Entry::offset));
    for (int i = 1; i < byPosition.size(); i++) {
      Entry before = byPosition.get(i - 1);
      Entry entry = byPosition.get(i);
      if (before.offset() + before.size() > entry.offset()) {
        throw refusal("entries '%s' and '%s' overlap", before.name(), entry.name());
      }
    }
  }

  private ByteBuffer read(long position, int bytes) throws IOException {
    if (position < 0 || position > channel.size() - bytes) {
      throw refusal("%d bytes at %d are outside of the file", bytes, position);
    }
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("ends at byte " + (position + buffer.position()));
      }
    }
    return buffer.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int unsigned(short value) {
    return value & 0xffff;
  }

  private static ImportRefusal refusal(String format, Object... arguments) {
    return ImportRefusal.of(format, arguments);
  }
}

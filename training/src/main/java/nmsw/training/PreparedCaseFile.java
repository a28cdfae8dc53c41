package nmsw.training;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.zip.CRC32C;
import nmsw.segmentation.nn.Int3;
import nmsw.training.dataset.DurableFile;

/**
 * A prepared case on disk, mapped into memory. Little-endian: magic, size along x, y, z (32-bit), the key (64 characters),
 * CRC-32C (64-bit) of all that follows and of the size, then the Hounsfield values (16-bit), then the labels (8-bit).
 */
final class PreparedCaseFile {
  private static final int MAGIC = 0x314e4d43;
  private static final int KEY_BYTES = 64;
  private static final int HEADER_BYTES = 4 + 12 + KEY_BYTES + 8;
  private static final int CHUNK = 1 << 16;

  private final Int3 size;
  private final MappedByteBuffer hounsfield;
  private final MappedByteBuffer labels;

  private PreparedCaseFile(Int3 size, MappedByteBuffer hounsfield, MappedByteBuffer labels) {
    this.size = size;
    this.hounsfield = hounsfield;
    this.labels = labels;
  }

  /**
   * Writes a case; a reader sees all of it or nothing.
   *
   * @param key what the case depends on, 64 characters
   */
  static void write(Path file, String key, TrainingCase made) throws IOException {
    DurableFile.write(
        file,
        temporary -> {
          try (FileChannel channel =
              FileChannel.open(temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            CRC32C checksum = new CRC32C();
            checksum.update(sizes(made.size()).flip());
            channel.position(HEADER_BYTES);
            short[] values = made.hounsfield();
            ByteBuffer chunk = ByteBuffer.allocate(2 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
            for (int from = 0; from < values.length; from += CHUNK) {
              int count = Math.min(CHUNK, values.length - from);
              chunk.clear().asShortBuffer().put(values, from, count);
              write(channel, checksum, chunk.limit(2 * count));
            }
            write(channel, checksum, ByteBuffer.wrap(made.labels()));
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(MAGIC).put(sizes(made.size()).flip());
            header.put(key.getBytes(StandardCharsets.US_ASCII)).putLong(checksum.getValue()).flip();
            channel.position(0);
            while (header.hasRemaining()) {
              channel.write(header);
            }
          }
        });
  }

  /**
   * Maps a file and checks it.
   *
   * @throws java.nio.file.NoSuchFileException if there is none
   * @throws IOException if it is damaged or was made of something else
   */
  static PreparedCaseFile open(Path file, String key) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = channel.size();
      if (length < HEADER_BYTES) {
        throw new IOException(file + ": damaged, " + length + " bytes");
      }
      ByteBuffer header = channel.map(MapMode.READ_ONLY, 0, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      int magic = header.getInt();
      int[] size = {header.getInt(), header.getInt(), header.getInt()};
      byte[] keyBytes = new byte[KEY_BYTES];
      header.get(keyBytes);
      if (magic != MAGIC || !key.equals(new String(keyBytes, StandardCharsets.US_ASCII))) {
        throw new IOException(file + ": not a prepared case, or one made of something else");
      }
      long voxels = (length - HEADER_BYTES) / 3;
      if (Math.min(size[0], Math.min(size[1], size[2])) < 1
          || (double) size[0] * size[1] * size[2] != voxels
          || length != HEADER_BYTES + 3 * voxels) {
        throw new IOException(file + ": damaged, " + length + " bytes are not its size");
      }
      MappedByteBuffer hounsfield = channel.map(MapMode.READ_ONLY, HEADER_BYTES, 2 * voxels);
      MappedByteBuffer labels = channel.map(MapMode.READ_ONLY, HEADER_BYTES + 2 * voxels, voxels);
      Int3 extent = new Int3(size[0], size[1], size[2]);
      CRC32C checksum = new CRC32C();
      checksum.update(sizes(extent).flip());
      checksum.update(hounsfield.duplicate());
      checksum.update(labels.duplicate());
      if (checksum.getValue() != header.getLong()) {
        throw new IOException(file + ": damaged, its checksum differs");
      }
      return new PreparedCaseFile(extent, hounsfield, labels);
    }
  }

  /**
   * A copy of the case; several threads may read at once.
   *
   * @param unannotated its classes that nobody looked for, which the file does not hold
   */
  TrainingCase read(String id, Set<Integer> unannotated) {
    short[] values = new short[labels.capacity()];
    byte[] classes = new byte[values.length];
    hounsfield.duplicate().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer().get(values);
    labels.duplicate().get(classes);
    return new TrainingCase(id, size, values, classes, unannotated);
  }

  private static ByteBuffer sizes(Int3 size) {
    ByteBuffer sizes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    return sizes.putInt(size.x()).putInt(size.y()).putInt(size.z());
  }

  private static void write(FileChannel channel, CRC32C checksum, ByteBuffer bytes) throws IOException {
    checksum.update(bytes.duplicate());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}

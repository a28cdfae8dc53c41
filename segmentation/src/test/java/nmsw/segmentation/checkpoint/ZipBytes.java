package nmsw.segmentation.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes zip files with stored entries into memory. */
final class ZipBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final ZipOutputStream zip = new ZipOutputStream(bytes);

  /** What torch.save writes for one pickle and one storage {@code 0}. */
  static byte[] torch(byte[] pickle, byte[] storage) throws IOException {
    return new ZipBytes()
        .stored("a/data.pkl", pickle)
        .stored("a/data/0", storage)
        .stored("a/version", "3\n".getBytes(StandardCharsets.US_ASCII))
        .end();
  }

  ZipBytes stored(String name, byte[] data) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(data);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
    return this;
  }

  ZipBytes compressed(String name, byte[] data) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(data);
    zip.closeEntry();
    return this;
  }

  byte[] end() throws IOException {
    zip.close();
    return bytes.toByteArray();
  }
}

package nmsw.segmentation.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.nn.ElementType;
import nmsw.segmentation.nn.SafetensorsFile;

/**
 * An open file of trained weights: the zip format of {@code torch.save}, or safetensors. Which of both is
 * told by its first bytes, not by its name. Values are read when asked for.
 */
final class Checkpoint implements Closeable {
  private static final long MAX_FILE_BYTES = 16L << 30;
  private static final int HEAD_BYTES = 8;
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private final Path file;
  private final String format;
  private final Closeable open;
  private final StateDict state;

  private Checkpoint(Path file, String format, Closeable open, StateDict state) {
    this.file = file;
    this.format = format;
    this.open = open;
    this.state = state;
  }

  /**
   * Opens a file and finds the tensors in it.
   *
   * @param root dotted keys of the dictionary that holds the tensors; empty to look for it
   * @throws ImportRefusal if it is no such file, or there is anything in it but tensors, dictionaries and
   *     numbers; the message names the file
   */
  static Checkpoint open(Path file, String root) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new ImportRefusal(file + ": there is no such file");
    }
    Closeable open = null;
    try {
      byte[] head = head(file);
      if (isPickle(head)) {
        throw new ImportRefusal(
            "the old format of torch.save (before 1.6) is not read: load it where it can be trusted and save"
                + " its state dict again with a newer torch.save, or as safetensors");
      }
      if (Arrays.equals(Arrays.copyOf(head, ZIP.length), ZIP)) {
        FileChannel channel = FileChannel.open(file);
        open = channel;
        TorchArchive archive = new TorchArchive(channel);
        StateDict state = StateDict.of(archive.value(), archive::tensor, root);
        return new Checkpoint(file, "PyTorch zip file", channel, state);
      }
      SafetensorsFile safetensors = SafetensorsFile.open(file);
      open = safetensors;
      StateDict state = StateDict.of(values(safetensors), Checkpoint::tensor, root);
      return new Checkpoint(file, "safetensors", safetensors, state);
    } catch (IOException e) {
      if (open != null) {
        open.close();
      }
      String message = e.getMessage();
      throw new ImportRefusal(message.startsWith(file.toString()) ? message : file + ": " + message, e);
    }
  }

  private static byte[] head(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MAX_FILE_BYTES) {
      throw ImportRefusal.of("%d bytes long; allowed are %d", size, MAX_FILE_BYTES);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(HEAD_BYTES);
      if (head.length < HEAD_BYTES) {
        throw ImportRefusal.of("only %d bytes long", size);
      }
      return head;
    }
  }

  /** A bare pickle of protocol 2 to 5; a safetensors file's header is short, so its byte 7 is zero. */
  private static boolean isPickle(byte[] head) {
    return (head[0] & 0xff) == 0x80 && head[1] >= 2 && head[1] <= 5 && head[7] != 0;
  }

  private static Map<String, TensorSource> values(SafetensorsFile file) {
    Map<String, TensorSource> tensors = new LinkedHashMap<>();
    for (SafetensorsFile.Entry entry : file.entries()) {
      tensors.put(entry.name(), new Stored(file, entry));
    }
    return tensors;
  }

  private static Optional<TensorSource> tensor(Object value) {
    return value instanceof TensorSource source ? Optional.of(source) : Optional.empty();
  }

  private record Stored(SafetensorsFile file, SafetensorsFile.Entry entry) implements TensorSource {
    @Override
    public ElementType type() {
      return entry.type();
    }

    @Override
    public Shape shape() {
      return entry.shape();
    }

    @Override
    public float[] read() throws IOException {
      return file.read(entry);
    }
  }

  Path file() {
    return file;
  }

  /** What kind of file it is, for people. */
  String format() {
    return format;
  }

  StateDict state() {
    return state;
  }

  /** SHA-256 of the whole file, hexadecimal. */
  String sha256() throws IOException {
    return ModelBundle.sha256(file);
  }

  @Override
  public void close() throws IOException {
    open.close();
  }
}

package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The safetensors format: eight bytes little-endian header length, a JSON header naming each tensor's type,
 * shape and byte range, then the values. Read values are float32 whatever their type in the file.
 */
public final class Safetensors {
  private static final int CHUNK_BYTES = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Type of the values that are written. */
  public enum Type {
    F32(4),
    F16(2),
    BF16(2);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    void put(ByteBuffer data, float value) {
      switch (this) {
        case F32 -> data.putFloat(value);
        case F16 -> data.putShort(HalfFloat.of(value));
        case BF16 -> data.putShort(HalfFloat.bfloat16(value));
      }
    }
  }

  /** Values in C order (last index fastest); the array is not copied. */
  public record Tensor(Shape shape, float[] values) {
    public Tensor {
      if (shape.size() != values.length) {
        throw new IllegalArgumentException(values.length + " values for shape " + shape);
      }
    }

    /** Index of the first NaN or infinite value, or -1. */
    public int firstNotFinite() {
      for (int i = 0; i < values.length; i++) {
        if (!Float.isFinite(values[i])) {
          return i;
        }
      }
      return -1;
    }
  }

  private Safetensors() {}

  /**
   * Reads all tensors in the order of the header.
   *
   * @throws IOException if the file is not a valid safetensors file of F32, F16 and BF16; the message names
   *     file and tensor
   */
  public static Map<String, Tensor> read(Path file) throws IOException {
    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      for (SafetensorsFile.Entry entry : open.entries()) {
        if (!entry.type().isFloat() || entry.type() == ElementType.F64) {
          throw new IOException(
              file + ": tensor " + entry.name() + " has type " + entry.type()
                  + "; readable are F32, F16 and BF16");
        }
      }
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (SafetensorsFile.Entry entry : open.entries()) {
        tensors.put(entry.name(), new Tensor(entry.shape(), open.read(entry)));
      }
      return tensors;
    }
  }

  /** Writes the tensors one after the other, rounded to {@code type} (to nearest, ties to even). */
  public static void write(Path file, Map<String, Tensor> tensors, Type type) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    long position = 0;
    for (Map.Entry<String, Tensor> field : tensors.entrySet()) {
      ObjectNode node = header.putObject(field.getKey());
      node.put("dtype", type.name());
      ArrayNode shape = node.putArray("shape");
      for (long dimension : field.getValue().shape().getShape()) {
        shape.add(dimension);
      }
      long end = position + (long) field.getValue().values().length * type.bytes;
      node.putArray("data_offsets").add(position).add(end);
      position = end;
    }
    byte[] json = JSON.writeValueAsBytes(header);
    int padded = (json.length + 7) / 8 * 8;
    ByteBuffer head = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(padded).put(json);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      drain(channel, head.flip());
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (Tensor tensor : tensors.values()) {
        for (float value : tensor.values()) {
          if (chunk.remaining() < type.bytes) {
            drain(channel, chunk.flip());
            chunk.clear();
          }
          type.put(chunk, value);
        }
      }
      drain(channel, chunk.flip());
    }
  }

  private static void drain(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}

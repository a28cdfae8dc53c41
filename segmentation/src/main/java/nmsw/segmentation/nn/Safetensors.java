package nmsw.segmentation.nn;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format: eight bytes little-endian header length, a JSON header naming each tensor's type,
 * shape and byte range, then the values. Read values are float32 whatever their type in the file.
 *
 * <p>Files may be hostile: everything is checked against the file's size before anything is allocated, and
 * the byte ranges must cover the data exactly once.
 */
public final class Safetensors {
  private static final long MAX_HEADER_BYTES = 8L << 20;
  private static final int MAX_TENSORS = 20_000;
  private static final int MAX_NAME = 512;
  private static final int MAX_DIMENSIONS = 8;
  private static final String METADATA = "__metadata__";
  private static final int CHUNK_BYTES = 1 << 16;

  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(4)
                          .maxNumberLength(20)
                          .maxNameLength(MAX_NAME)
                          .maxStringLength(1 << 16)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Type of the values in a file. */
  public enum Type {
    F32(4),
    F16(2),
    BF16(2);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    float get(ByteBuffer data) {
      return switch (this) {
        case F32 -> data.getFloat();
        case F16 -> HalfFloat.toFloat(data.getShort());
        case BF16 -> Float.intBitsToFloat(data.getShort() << 16);
      };
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
  }

  private record Entry(String name, Type type, Shape shape, long begin, long end) {}

  private Safetensors() {}

  /**
   * Reads all tensors in the order of the header.
   *
   * @throws IOException if the file is not a valid safetensors file of float types; the message names
   *     file and tensor
   */
  public static Map<String, Tensor> read(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return read(channel, file.toString());
    }
  }

  static Map<String, Tensor> read(SeekableByteChannel channel, String source) throws IOException {
    try {
      long size = channel.size();
      if (size < 8) {
        throw new IOException("only " + size + " bytes long");
      }
      long headerBytes = fill(channel, ByteBuffer.allocate(8)).getLong();
      if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
        throw new IOException(
            "header of %s bytes in a file of %d; allowed are 2 to %d"
                .formatted(Long.toUnsignedString(headerBytes), size, MAX_HEADER_BYTES));
      }
      byte[] header = fill(channel, ByteBuffer.allocate((int) headerBytes)).array();
      List<Entry> entries = entries(header, size - 8 - headerBytes);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Entry entry : entries) {
        channel.position(8 + headerBytes + entry.begin());
        tensors.put(entry.name(), new Tensor(entry.shape(), values(channel, entry)));
      }
      return tensors;
    } catch (JsonProcessingException e) {
      throw new IOException(source + ": header is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IOException(source + ": " + e.getMessage(), e);
    }
  }

  private static List<Entry> entries(byte[] header, long dataBytes) throws IOException {
    JsonNode root = JSON.readTree(header);
    if (!(root instanceof ObjectNode object)) {
      throw new IOException("header is not a JSON object");
    }
    if (object.size() > MAX_TENSORS) {
      throw new IOException(object.size() + " tensors; allowed are " + MAX_TENSORS);
    }
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (!field.getKey().equals(METADATA)) {
        entries.add(entry(field.getKey(), field.getValue(), dataBytes));
      }
    }
    List<Entry> byPosition = new ArrayList<>(entries);
    byPosition.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long position = 0;
    for (Entry entry : byPosition) {
      if (entry.begin() != position) {
        throw new IOException(
            "tensor %s begins at byte %d where %d was expected: ranges must neither overlap nor leave gaps"
                .formatted(entry.name(), entry.begin(), position));
      }
      position = entry.end();
    }
    if (position != dataBytes) {
      throw new IOException(dataBytes - position + " bytes follow the last tensor");
    }
    return entries;
  }

  private static Entry entry(String name, JsonNode node, long dataBytes) throws IOException {
    Type type = null;
    for (Type candidate : Type.values()) {
      if (candidate.name().equals(node.path("dtype").asText())) {
        type = candidate;
      }
    }
    if (type == null) {
      throw new IOException(
          "tensor " + name + " has type " + node.path("dtype") + "; readable are F32, F16 and BF16");
    }
    if (!(node.path("shape") instanceof ArrayNode dimensions)
        || dimensions.size() > MAX_DIMENSIONS
        || !(node.path("data_offsets") instanceof ArrayNode offsets)
        || offsets.size() != 2
        || node.size() != 3) {
      throw new IOException("tensor " + name + " has no usable shape and data_offsets");
    }
    long begin = natural(name, offsets.get(0), dataBytes);
    long end = natural(name, offsets.get(1), dataBytes);
    long[] shape = new long[dimensions.size()];
    long count = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = natural(name, dimensions.get(i), Integer.MAX_VALUE);
      count *= shape[i];
      if (count > Integer.MAX_VALUE - 8) {
        throw new IOException("tensor " + name + " is larger than an array can hold");
      }
    }
    if (end - begin != count * type.bytes) {
      throw new IOException(
          "tensor %s of shape %s has bytes %d to %d"
              .formatted(name, new Shape(shape), begin, end));
    }
    return new Entry(name, type, new Shape(shape), begin, end);
  }

  private static long natural(String name, JsonNode node, long max) throws IOException {
    if (!node.isIntegralNumber() || !node.canConvertToLong() || node.asLong() < 0 || node.asLong() > max) {
      throw new IOException("tensor " + name + ": " + node + " is not a whole number up to " + max);
    }
    return node.asLong();
  }

  private static float[] values(SeekableByteChannel channel, Entry entry) throws IOException {
    float[] values = new float[(int) ((entry.end() - entry.begin()) / entry.type().bytes)];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    int done = 0;
    while (done < values.length) {
      int count = Math.min(values.length - done, CHUNK_BYTES / entry.type().bytes);
      fill(channel, chunk.clear().limit(count * entry.type().bytes));
      for (int i = 0; i < count; i++) {
        values[done++] = entry.type().get(chunk);
      }
    }
    return values;
  }

  /** Fills the buffer to its limit and turns it round for reading. */
  private static ByteBuffer fill(SeekableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("ends in the middle of its data");
      }
    }
    return buffer.order(ByteOrder.LITTLE_ENDIAN).flip();
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

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
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * An open safetensors file: its header is read and checked, values are read when asked for.
 *
 * <p>Files may be hostile: everything is checked against the file's size before anything is allocated, and
 * the byte ranges must cover the data exactly once. Errors name file and tensor.
 */
public final class SafetensorsFile implements Closeable {
  private static final long MAX_HEADER_BYTES = 8L << 20;
  private static final int MAX_TENSORS = 20_000;
  private static final int MAX_NAME = 512;
  private static final int MAX_DIMENSIONS = 8;
  private static final String METADATA = "__metadata__";

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

  /**
   * One tensor of the file.
   *
   * @param begin first byte of its values, counted from the end of the header; {@code end} is exclusive
   */
  public record Entry(String name, ElementType type, Shape shape, long begin, long end) {}

  private final SeekableByteChannel channel;
  private final String source;
  private final long dataStart;
  private final List<Entry> entries;

  private SafetensorsFile(
      SeekableByteChannel channel, String source, long dataStart, List<Entry> entries) {
    this.channel = channel;
    this.source = source;
    this.dataStart = dataStart;
    this.entries = List.copyOf(entries);
  }

  /**
   * @throws IOException if the file is not a valid safetensors file; the message names file and tensor
   */
  public static SafetensorsFile open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file);
    try {
      return open(channel, file.toString());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static SafetensorsFile open(SeekableByteChannel channel, String source) throws IOException {
    try {
      long size = channel.size();
      if (size < 8) {
        throw new IOException("only " + size + " bytes long");
      }
      long headerBytes = read(channel, 8).getLong();
      if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - 8) {
        throw new IOException(
            "header of %s bytes in a file of %d; allowed are 2 to %d"
                .formatted(Long.toUnsignedString(headerBytes), size, MAX_HEADER_BYTES));
      }
      byte[] header = read(channel, (int) headerBytes).array();
      List<Entry> entries = entries(header, size - 8 - headerBytes);
      return new SafetensorsFile(channel, source, 8 + headerBytes, entries);
    } catch (JsonProcessingException e) {
      throw new IOException(source + ": header is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IOException(source + ": " + e.getMessage(), e);
    }
  }

  /** All tensors in the order of the header. */
  public List<Entry> entries() {
    return entries;
  }

  /** Values of one of this file's entries in C order (last index fastest), rounded to float32. */
  public float[] read(Entry entry) throws IOException {
    try {
      channel.position(dataStart + entry.begin());
      int count = (int) ((entry.end() - entry.begin()) / entry.type().bytes());
      return entry.type().read(channel, count, ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new IOException(source + ": tensor " + entry.name() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
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
    ElementType type = null;
    for (ElementType candidate : ElementType.values()) {
      if (candidate.name().equals(node.path("dtype").asText())) {
        type = candidate;
      }
    }
    if (type == null) {
      throw new IOException("tensor " + name + " has the unknown type " + node.path("dtype"));
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
    if (end - begin != count * type.bytes()) {
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

  private static ByteBuffer read(SeekableByteChannel channel, int bytes) throws IOException {
    return ElementType.fill(channel, ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN));
  }
}

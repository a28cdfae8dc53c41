package nmsw.segmentation.nn;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;

/** Types of numbers in weight files, by the names that safetensors has for them. */
public enum ElementType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U8(1),
  BOOL(1);

  private static final int CHUNK_BYTES = 1 << 16;

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one number. */
  public int bytes() {
    return bytes;
  }

  /** Whether weights may have this type; the others hold counters and index tables. */
  public boolean isFloat() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** The next number, rounded to float32. */
  float get(ByteBuffer data) {
    return switch (this) {
      case F64 -> (float) data.getDouble();
      case F32 -> data.getFloat();
      case F16 -> HalfFloat.toFloat(data.getShort());
      case BF16 -> Float.intBitsToFloat(data.getShort() << 16);
      case I64 -> data.getLong();
      case I32 -> data.getInt();
      case I16 -> data.getShort();
      case I8 -> data.get();
      case U8 -> data.get() & 0xff;
      case BOOL -> data.get() == 0 ? 0 : 1;
    };
  }

  /**
   * Reads {@code count} numbers from the channel's position, rounded to float32. Nothing but the result and
   * one small buffer is allocated: the caller has checked {@code count} against the size of the file.
   */
  public float[] read(SeekableByteChannel channel, int count, ByteOrder order) throws IOException {
    float[] values = new float[count];
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(order);
    int done = 0;
    while (done < count) {
      int next = Math.min(count - done, CHUNK_BYTES / bytes);
      fill(channel, chunk.clear().limit(next * bytes));
      for (int i = 0; i < next; i++) {
        values[done++] = get(chunk);
      }
    }
    return values;
  }

  /** Fills the buffer to its limit and turns it round for reading. */
  static ByteBuffer fill(SeekableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("ends in the middle of its data");
      }
    }
    return buffer.flip();
  }
}

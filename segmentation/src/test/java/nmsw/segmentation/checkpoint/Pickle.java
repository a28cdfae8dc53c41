package nmsw.segmentation.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes pickles opcode by opcode, as Python's pickler does and as it never would. */
final class Pickle {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Pickle() {
    raw(0x80, 2);
  }

  Pickle raw(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  Pickle op(String opcodes) {
    out.writeBytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  Pickle global(String module, String name) {
    return op("c" + module + "\n" + name + "\n");
  }

  Pickle text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    op("X");
    out.writeBytes(little(4).putInt(bytes.length).array());
    out.writeBytes(bytes);
    return this;
  }

  Pickle number(long number) {
    if (number == (int) number) {
      op("J");
      out.writeBytes(little(4).putInt((int) number).array());
    } else {
      raw(0x8a, 8);
      out.writeBytes(little(8).putLong(number).array());
    }
    return this;
  }

  Pickle numbers(long... numbers) {
    op("(");
    for (long number : numbers) {
      number(number);
    }
    return op("t");
  }

  /** A tensor as {@code torch.save} describes it. */
  Pickle tensor(String storage, String key, long count, long offset, long[] shape, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").op("(");
    op("(").text("storage").global("torch", storage).text(key).text("cpu").number(count).op("tQ");
    number(offset).numbers(shape).numbers(strides).raw(0x89);
    return global("collections", "OrderedDict").op(")RtR");
  }

  byte[] end() {
    op(".");
    return out.toByteArray();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}

package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.segmentation.nn.Safetensors;
import nmsw.segmentation.nn.Safetensors.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointTest {
  private static final byte[] SIX = floats(0, 1, 2, 3, 4, 5);

  @TempDir Path folder;

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static byte[] pickle(String storage, String key, int count) {
    return new Pickle().op("}").text("w")
        .tensor(storage, key, count, 0, new long[] {count}, new long[] {1}).op("s").end();
  }

  private Path file(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("weights.pt"), bytes);
  }

  private float[] read(byte[] bytes, String name) throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(file(bytes), "")) {
      return checkpoint.state().tensors().get(name).read();
    }
  }

  @Test
  void viewsOfAStorageAreReadInOrderOfTheirIndices() throws IOException {
    Pickle pickle = new Pickle().op("}(");
    pickle.text("rows").tensor("FloatStorage", "0", 6, 0, new long[] {2, 3}, new long[] {3, 1});
    pickle.text("columns").tensor("FloatStorage", "0", 6, 0, new long[] {3, 2}, new long[] {1, 3});
    pickle.text("part").tensor("FloatStorage", "0", 6, 4, new long[] {2}, new long[] {1});
    pickle.text("same").tensor("FloatStorage", "0", 6, 5, new long[] {3}, new long[] {0});
    pickle.text("one").tensor("FloatStorage", "0", 6, 3, new long[] {}, new long[] {});
    pickle.text("none").tensor("FloatStorage", "0", 6, 6, new long[] {0, 4}, new long[] {4, 1});
    byte[] bytes = ZipBytes.torch(pickle.op("u").end(), SIX);

    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, read(bytes, "rows"));
    assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, read(bytes, "columns"));
    assertArrayEquals(new float[] {4, 5}, read(bytes, "part"));
    assertArrayEquals(new float[] {5, 5, 5}, read(bytes, "same"));
    assertArrayEquals(new float[] {3}, read(bytes, "one"));
    assertArrayEquals(new float[0], read(bytes, "none"));
  }

  static Stream<Arguments> storages() {
    return Stream.of(
        arguments("DoubleStorage", "000000000000f8bf", new float[] {-1.5f}),
        arguments("FloatStorage", "0000c03f", new float[] {1.5f}),
        arguments("HalfStorage", "003e00c0", new float[] {1.5f, -2}),
        arguments("BFloat16Storage", "c03f00c0", new float[] {1.5f, -2}),
        arguments("LongStorage", "feffffffffffffff", new float[] {-2}),
        arguments("IntStorage", "07000000", new float[] {7}),
        arguments("ShortStorage", "00010080", new float[] {256, -32768}),
        arguments("CharStorage", "ff7f", new float[] {-1, 127}),
        arguments("ByteStorage", "ff7f", new float[] {255, 127}),
        arguments("BoolStorage", "0001", new float[] {0, 1}));
  }

  @ParameterizedTest
  @MethodSource("storages")
  void everyTypeOfStorageIsRead(String storage, String hex, float[] values) throws IOException {
    byte[] data = HexFormat.of().parseHex(hex);

    assertArrayEquals(values, read(ZipBytes.torch(pickle(storage, "0", values.length), data), "w"));
  }

  @Test
  void bigEndianFilesAreReadAsTheySay() throws IOException {
    byte[] bytes =
        new ZipBytes()
            .stored("a/data.pkl", pickle("FloatStorage", "0", 1))
            .stored("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII))
            .stored("a/data/0", new byte[] {0x3f, (byte) 0xc0, 0, 0})
            .end();

    assertArrayEquals(new float[] {1.5f}, read(bytes, "w"));
  }

  @Test
  void namesAreThePathsOfKeysAndTrainingStateIsLeftAside() throws IOException {
    Pickle pickle = new Pickle().op("}(").text("state_dict").op("}(");
    pickle.text("module.w").tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1}).op("u");
    pickle.text("optimizer").op("}(").number(0);
    pickle.tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1}).op("u");
    pickle.text("averages").op("](").tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1});
    pickle.op("e").text("epoch").number(3);
    Path file = file(ZipBytes.torch(pickle.op("u").end(), SIX));

    try (Checkpoint all = Checkpoint.open(file, "")) {
      assertEquals(Set.of("state_dict.module.w", "averages.0"), all.state().tensors().keySet());
      assertEquals(List.of("optimizer"), all.state().aside());
    }
    try (Checkpoint part = Checkpoint.open(file, "state_dict")) {
      assertEquals(Set.of("module.w"), part.state().tensors().keySet());
    }
    ImportRefusal refusal =
        assertThrows(ImportRefusal.class, () -> Checkpoint.open(file, "state_dict.net"));
    assertTrue(refusal.getMessage().contains("state_dict.net"), refusal.getMessage());
  }

  @Test
  void safetensorsAreReadByTheirContent() throws IOException {
    Path file = folder.resolve("weights.pt");
    Safetensors.write(
        file, Map.of("w", new Tensor(new Shape(2), new float[] {1, 2})), Safetensors.Type.F16);

    try (Checkpoint checkpoint = Checkpoint.open(file, "")) {
      assertEquals("safetensors", checkpoint.format());
      assertArrayEquals(new float[] {1, 2}, checkpoint.state().tensors().get("w").read());
    }
  }

  static Stream<Arguments> hostileFiles() throws IOException {
    byte[] pickle = pickle("FloatStorage", "0", 6);
    byte[] valid = ZipBytes.torch(pickle, SIX);
    byte[] version = {'3'};
    return Stream.of(
        arguments("only 3 bytes", new byte[3]),
        arguments("cut short", Arrays.copyOf(valid, valid.length - 30)),
        arguments(
            "os.system",
            ZipBytes.torch(
                new Pickle().global("os", "system").text("id").raw(0x85).op("R").end(), SIX)),
        arguments("has 24 bytes, not 7 elements", ZipBytes.torch(pickle("FloatStorage", "0", 7), SIX)),
        arguments("has 24 bytes, not 6 elements", ZipBytes.torch(pickle("DoubleStorage", "0", 6), SIX)),
        arguments("storage '../../0' is missing", ZipBytes.torch(pickle("FloatStorage", "../../0", 6), SIX)),
        arguments("no dictionary", ZipBytes.torch(new Pickle().op("]").end(), SIX)),
        arguments("no tensor", ZipBytes.torch(new Pickle().op("}").end(), SIX)),
        arguments(
            "compressed",
            new ZipBytes().compressed("a/data.pkl", new byte[1 << 20]).stored("a/data/0", SIX).end()),
        arguments("not one that torch.save wrote", new ZipBytes().stored("data.pkl", pickle).end()),
        arguments(
            "not one that torch.save wrote",
            new ZipBytes().stored("a/data.pkl", pickle).stored("b/data.pkl", pickle).end()),
        arguments(
            "TorchScript",
            new ZipBytes().stored("a/data.pkl", pickle).stored("a/constants.pkl", pickle).end()),
        arguments(
            "version", new ZipBytes().stored("a/data.pkl", pickle).stored("a/version", new byte[9]).end()),
        arguments(
            "byteorder", new ZipBytes().stored("a/data.pkl", pickle).stored("a/byteorder", version).end()),
        arguments(
            "allowed are 64",
            new ZipBytes().stored("a/data.pkl", pickle).stored("a/version", new byte[65]).end()),
        arguments("occurs twice", replaced(
            new ZipBytes().stored("a/data/0", SIX).stored("a/data/1", SIX).end(), "a/data/1", "a/data/0")),
        arguments("check sum", changed(valid, indexOf(valid, "FloatStorage"), 'f')),
        arguments("overlap", overlapping()),
        arguments("outside of the file", changed(valid, valid.length - 22 + 16, 0xff)),
        arguments("damaged", changed(valid, valid.length - 22 + 12, 1)),
        arguments("allowed are 50000", claimingManyEntries(valid)),
        arguments(
            "old format",
            new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 'l', (byte) 0xfc, (byte) 0x9c, 'F'}),
        arguments("header of", new byte[] {9, 9, 9, 9, 9, 9, 9, 9, 9}));
  }

  private static byte[] overlapping() throws IOException {
    byte[] bytes = new ZipBytes().stored("a/data/0", SIX).stored("a/data/1", SIX).end();
    int second = indexOf(bytes, "PK\u0001\u0002", indexOf(bytes, "PK\u0001\u0002") + 1);
    // The second entry's local header is said to be where the first one's is.
    return changed(bytes, second + 42, 0);
  }

  private static byte[] claimingManyEntries(byte[] valid) {
    int end = valid.length - 22;
    return changed(changed(valid, end + 10, 0xfe), end + 11, 0xff);
  }

  @ParameterizedTest
  @MethodSource("hostileFiles")
  void hostileFilesAreRefusedByName(String said, byte[] bytes) throws IOException {
    Path file = file(bytes);

    ImportRefusal refusal =
        assertThrows(ImportRefusal.class, () -> Checkpoint.open(file, "").close());
    assertTrue(refusal.getMessage().startsWith(file + ": "), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(file), left.toList());
    }
  }

  @Test
  void damagedValuesAreNoticedWhenTheyAreRead() throws IOException {
    byte[] bytes = ZipBytes.torch(pickle("FloatStorage", "0", 6), SIX);
    int at = indexOf(bytes, "a/data/0") + 8 + 5;

    ImportRefusal refusal =
        assertThrows(ImportRefusal.class, () -> read(changed(bytes, at, 0x7f), "w"));
    assertTrue(refusal.getMessage().contains("a/data/0"), refusal.getMessage());
  }

  @Test
  void aMissingFileIsNamed() {
    Path absent = folder.resolve("absent.pt");
    ImportRefusal refusal = assertThrows(ImportRefusal.class, () -> Checkpoint.open(absent, ""));
    assertTrue(refusal.getMessage().contains("absent.pt"), refusal.getMessage());
  }

  /** Changed bytes are read or refused, never anything else. */
  @Test
  void mutatedFilesAreReadOrRefused() throws IOException {
    byte[] valid = ZipBytes.torch(pickle("FloatStorage", "0", 6), SIX);
    Random random = new Random(23);
    int refused = 0;
    int rounds = 3000;
    for (int round = 0; round < rounds; round++) {
      Path file = file(Mutation.of(valid, random));
      try (Checkpoint checkpoint = Checkpoint.open(file, "")) {
        for (TensorSource tensor : checkpoint.state().tensors().values()) {
          tensor.read();
        }
      } catch (ImportRefusal e) {
        refused++;
      }
    }
    assertTrue(refused > rounds / 2 && refused < rounds, refused + " refused");
  }

  private static int indexOf(byte[] bytes, String text) {
    return indexOf(bytes, text, 0);
  }

  private static int indexOf(byte[] bytes, String text, int from) {
    return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text, from);
  }

  private static byte[] replaced(byte[] bytes, String from, String to) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .replace(from, to)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] changed(byte[] bytes, int at, int value) {
    byte[] copy = bytes.clone();
    copy[at] = (byte) value;
    return copy;
  }
}

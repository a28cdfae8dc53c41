package nmsw.segmentation.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import nmsw.segmentation.checkpoint.Unpickler.TensorView;
import nmsw.segmentation.nn.ElementType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnpicklerTest {
  private static final long[] SHAPE = {2, 3};
  private static final long[] STRIDES = {3, 1};

  @Test
  void valuesOfAStateDictAreRead() throws IOException {
    Pickle pickle = new Pickle().op("}(").text("a").raw('K', 7).text("b").raw(0x8a, 1, 0xff);
    pickle.text("c").raw('G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0).text("d").raw('M', 1, 2).text("e").raw(0x88);
    pickle.text("f").op("](").number(-5).op("N").raw(0x89).op("e").text("g").raw('K', 1, 0x85);
    pickle.text("h").op("]q").raw(9).text("x").op("a").text("i").op("h").raw(9).op("u");

    Map<?, ?> map = (Map<?, ?>) Unpickler.read(pickle.end());

    assertEquals(List.of(7L, -1L, 1.5, 0x201L, true), List.copyOf(map.values()).subList(0, 5));
    assertEquals(-5L, ((List<?>) map.get("f")).get(0));
    assertEquals(List.of(1L), map.get("g"));
    assertEquals(List.of("x"), map.get("i"));
  }

  @Test
  void aTensorAndItsParameterAreRead() throws IOException {
    Pickle pickle = new Pickle().global("torch._utils", "_rebuild_parameter").op("(");
    pickle.tensor("HalfStorage", "12", 7, 1, SHAPE, STRIDES).raw(0x88).global("collections", "OrderedDict");

    TensorView tensor = assertInstanceOf(TensorView.class, Unpickler.read(pickle.op(")RtR").end()));

    assertEquals(new Unpickler.Storage(ElementType.F16, "12", 7), tensor.storage());
    assertEquals(1, tensor.offset());
    assertEquals(new Shape(2, 3), tensor.shape());
    assertEquals(List.of(3L, 1L), tensor.strides());
  }

  @Test
  void modulesVersionsMayBeAttachedToAnOrderedDictionary() throws IOException {
    byte[] pickle =
        new Pickle()
            .global("collections", "OrderedDict").op(")R")
            .op("}").text("_metadata").op("}sb").end();

    assertEquals(Map.of(), Unpickler.read(pickle));
  }

  static Stream<Arguments> pickles() {
    return Stream.of(
        arguments("os.system", call("os", "system")),
        arguments("posix.system", call("posix", "system")),
        arguments("builtins.eval", call("builtins", "eval")),
        arguments("torch.load", call("torch", "load")),
        arguments("numpy.core.multiarray.scalar", call("numpy.core.multiarray", "scalar")),
        arguments("0x69", new Pickle().op("(").text("id").op("ios\nsystem\n").end()),
        arguments("0x6f", new Pickle().op("(").text("id").op("o").end()),
        arguments("0x81", new Pickle().global("collections", "OrderedDict").op(")").raw(0x81).end()),
        arguments("0x93", new Pickle().text("os").text("system").raw(0x93).end()),
        arguments("0x82", new Pickle().raw(0x82, 1).end()),
        arguments("0x50", new Pickle().op("P1\n").end()),
        arguments("attributes", new Pickle().op("}}").text("x").op("Nsb").end()),
        arguments(
            "attributes",
            new Pickle().global("collections", "OrderedDict").op(")R}").text("x").op("Nsb").end()),
        arguments("no tensor", new Pickle().global("torch", "FloatStorage").op(")R").end()),
        arguments("no tensor", new Pickle().text("text").op(")R").end()),
        arguments("no tensor", new Pickle().global("torch._utils", "_rebuild_tensor_v2").op(")R").end()),
        arguments("occurs twice", new Pickle().op("}(").text("a").op("N").text("a").op("Nu").end()),
        arguments("key", new Pickle().op("}NNs").end()),
        arguments("key", new Pickle().op("}])s").end()),
        arguments("no dictionary", new Pickle().op("](NNu").end()),
        arguments("no list", new Pickle().op(")Na").end()),
        arguments("no list", new Pickle().op("(NtNa").end()),
        arguments("mark is missing", new Pickle().op("t").end()),
        arguments("value is missing", new Pickle().op("(").op("a").end()),
        arguments("value is missing", new Pickle().end()),
        arguments("nothing is in memo", new Pickle().op("h").raw(3).end()),
        arguments("goes on", new Pickle().op("NN").end()),
        arguments("goes on", new Pickle().op("N.N").end()),
        arguments("nested deeper", new Pickle().op("(".repeat(65)).end()),
        arguments("more than 1048576 objects", new Pickle().op("N".repeat(Unpickler.MAX_OBJECTS + 1)).end()),
        arguments("string of 4294967295", new Pickle().raw('X', 255, 255, 255, 255).end()),
        arguments("string of 2147483647", new Pickle().raw('X', 255, 255, 255, 127).end()),
        arguments("cut short", new Pickle().raw('X', 255, 0, 0, 0).end()),
        arguments("whole number of 255 bytes", new Pickle().raw(0x8a, 255).end()),
        arguments("not readable", new Pickle().op("cos\u0007\nsystem\n").end()),
        arguments("not readable", new Pickle().op("c" + "x".repeat(300) + "\n").end()),
        arguments("not that of a storage", new Pickle().text("storage").op("Q").end()));
  }

  private static byte[] call(String module, String name) {
    return new Pickle().global(module, name).text("touch /tmp/owned").raw(0x85).op("R").end();
  }

  @ParameterizedTest
  @MethodSource("pickles")
  void whatIsNoStateDictIsRefusedWithItsOffset(String said, byte[] pickle) {
    ImportRefusal refusal = assertThrows(ImportRefusal.class, () -> Unpickler.read(pickle));
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
    assertTrue(refusal.getMessage().matches("data.pkl byte \\d+: .*"), refusal.getMessage());
  }

  @Test
  void theOffsetIsThatOfTheOpcode() {
    ImportRefusal refusal =
        assertThrows(ImportRefusal.class, () -> Unpickler.read(new Pickle().op("NNN").raw(0x93).end()));
    assertTrue(refusal.getMessage().startsWith("data.pkl byte 5: "), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 4, 5})
  void otherProtocolsAreRefused(int protocol) {
    byte[] pickle = {(byte) 0x80, (byte) protocol, 'N', '.'};
    assertThrows(ImportRefusal.class, () -> Unpickler.read(pickle));
  }

  static Stream<Arguments> tensors() {
    long huge = 1L << 62;
    return Stream.of(
        arguments(6, 1, SHAPE, STRIDES),
        arguments(5, 0, SHAPE, STRIDES),
        arguments(6, -1, SHAPE, STRIDES),
        arguments(6, Long.MAX_VALUE, SHAPE, STRIDES),
        arguments(-1, 0, SHAPE, STRIDES),
        arguments(6, 0, SHAPE, new long[] {4, 1}),
        arguments(6, 0, SHAPE, new long[] {3}),
        arguments(6, 5, SHAPE, new long[] {-3, 1}),
        arguments(6, 0, new long[] {-2, -3}, STRIDES),
        arguments(6, 0, new long[] {2, huge}, new long[] {0, 0}),
        arguments(6, 0, new long[] {1 << 20, 1 << 20}, new long[] {0, 0}),
        arguments(6, 0, new long[] {2, 2}, new long[] {huge, huge}),
        arguments(6, 0, new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1}));
  }

  @ParameterizedTest
  @MethodSource("tensors")
  void tensorsThatLeaveTheirStorageAreRefused(long count, long offset, long[] shape, long[] strides) {
    byte[] pickle = new Pickle().tensor("FloatStorage", "0", count, offset, shape, strides).end();
    assertThrows(ImportRefusal.class, () -> Unpickler.read(pickle), () -> Arrays.toString(shape));
  }

  @Test
  void listsThatShareTheirPartsAreNotWalkedForever() throws IOException {
    Object value = Unpickler.read(billionLaughs());
    ImportRefusal refusal = assertThrows(ImportRefusal.class, () -> walk(value));
    assertTrue(refusal.getMessage().contains("more than 200000 values"), refusal.getMessage());
  }

  /** {@code {"a": [l, l, ...]}} where each l is a list of ten times the next. */
  private static byte[] billionLaughs() {
    Pickle pickle = new Pickle().op("}").text("a");
    int levels = 10;
    for (int level = 0; level < levels; level++) {
      pickle.op("]q").raw(level).op("(");
    }
    for (int level = levels - 1; level > 0; level--) {
      pickle.op("e");
      for (int i = 0; i < 9; i++) {
        pickle.op("h").raw(level);
      }
    }
    return pickle.op("es").end();
  }

  @Test
  void aDictionaryThatContainsItselfIsRefused() throws IOException {
    Object value = Unpickler.read(new Pickle().op("}q").raw(0).text("a").op("h").raw(0).op("s").end());

    ImportRefusal refusal = assertThrows(ImportRefusal.class, () -> walk(value));
    assertTrue(refusal.getMessage().contains("nested deeper than 16"), refusal.getMessage());
  }

  /** Changed bytes give another state dict or a refusal, never another exception. */
  @Test
  void mutatedPicklesAreReadOrRefused() throws IOException {
    Pickle valid = new Pickle().global("collections", "OrderedDict").op(")Rq").raw(0).op("(");
    valid.text("model.0.weight").tensor("FloatStorage", "0", 6, 0, SHAPE, STRIDES).op("q").raw(1);
    valid.text("epoch").number(3).text("again").op("h").raw(1).text("list").op("](").number(1).op("Ne");
    byte[] pickle = valid.op("u}").text("_metadata").op("}sb").end();
    walk(Unpickler.read(pickle));
    Random random = new Random(17);
    int refused = 0;
    for (int round = 0; round < 40_000; round++) {
      byte[] mutated = Mutation.of(pickle, random);
      try {
        walk(Unpickler.read(mutated));
      } catch (ImportRefusal e) {
        refused++;
      }
    }
    assertTrue(refused > 20_000 && refused < 40_000, refused + " refused");
  }

  private static StateDict walk(Object value) throws IOException {
    return StateDict.of(
        value, v -> v instanceof TensorView t ? Optional.of(new NoValues(t)) : Optional.empty(), "");
  }

  private record NoValues(TensorView view) implements TensorSource {
    @Override
    public ElementType type() {
      return view.storage().type();
    }

    @Override
    public Shape shape() {
      return view.shape();
    }

    @Override
    public float[] read() {
      throw new AssertionError("not read here");
    }
  }
}

package nmsw.segmentation.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.nn.ElementType;

/**
 * Reads the part of Python's pickle format (protocol 2) that {@code torch.save} writes for state dicts. It
 * builds values and calls nothing: dictionaries, lists, tuples, strings, numbers, booleans, None, and
 * references to tensors. Any other global, or any opcode beyond these, is refused with its byte offset.
 *
 * <p>Memory is bounded by the pickle's length and {@link #MAX_OBJECTS}; the values can share parts and even
 * contain themselves (a pickle can say so), so whoever walks them bounds the walk.
 */
final class Unpickler {
  /** Bound of objects pushed and of memo entries. */
  static final int MAX_OBJECTS = 1 << 20;

  private static final int MAX_MARKS = 64;
  private static final int MAX_TEXT = 1 << 16;
  private static final int MAX_DIMENSIONS = 8;
  private static final long MAX_ELEMENTS = 1L << 28;

  /** The functions and types that a pickle may name. */
  private enum Global {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER
  }

  /** Python's None and the pickle machine's mark, which no Java value stands for. */
  private enum Special {
    NONE,
    MARK
  }

  /** {@code collections.OrderedDict}: a dictionary that may be given its module versions afterwards. */
  private static final class OrderedDict extends LinkedHashMap<Object, Object> {}

  /**
   * Numbers of one type in an entry of the archive.
   *
   * @param key name of the entry under {@code data/}
   */
  record Storage(ElementType type, String key, long count) {}

  /**
   * A view of a storage, inside of it.
   *
   * @param offset of the first element, in elements, as are the strides
   */
  record TensorView(Storage storage, long offset, Shape shape, List<Long> strides) {}

  private static final Map<String, Object> GLOBALS = globals();

  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private int objects;
  private int marks;
  private int at;

  private Unpickler(byte[] pickle) {
    in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The value of a pickle: {@link Map} (keys String or Long), {@link List}, {@link String}, {@link Long},
   * {@link Double}, {@link Boolean}, {@link TensorView}; None is some other object.
   */
  static Object read(byte[] pickle) throws ImportRefusal {
    return new Unpickler(pickle).run();
  }

  private static Map<String, Object> globals() {
    Map<String, Object> globals = new HashMap<>();
    globals.put("collections OrderedDict", Global.ORDERED_DICT);
    globals.put("torch._utils _rebuild_tensor_v2", Global.REBUILD_TENSOR);
    globals.put("torch._utils _rebuild_parameter", Global.REBUILD_PARAMETER);
    globals.put("torch DoubleStorage", ElementType.F64);
    globals.put("torch FloatStorage", ElementType.F32);
    globals.put("torch HalfStorage", ElementType.F16);
    globals.put("torch BFloat16Storage", ElementType.BF16);
    globals.put("torch LongStorage", ElementType.I64);
    globals.put("torch IntStorage", ElementType.I32);
    globals.put("torch ShortStorage", ElementType.I16);
    globals.put("torch CharStorage", ElementType.I8);
    globals.put("torch ByteStorage", ElementType.U8);
    globals.put("torch BoolStorage", ElementType.BOOL);
    return Map.copyOf(globals);
  }

  private Object run() throws ImportRefusal {
    if (byteAt() != 0x80 || byteAt() != 2) {
      throw refusal("not a pickle of protocol 2, which torch.save writes by default");
    }
    while (true) {
      at = in.position();
      int opcode = byteAt();
      if (opcode == '.') {
        Object value = pop();
        if (!stack.isEmpty() || in.hasRemaining()) {
          throw refusal("the pickle goes on after its value");
        }
        return value;
      }
      step(opcode);
    }
  }

  private void step(int opcode) throws ImportRefusal {
    switch (opcode) {
      case '(' -> mark();
      case 'N' -> push(Special.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) byteAt());
      case 'M' -> push((long) (bytes(2).getShort() & 0xffff));
      case 'J' -> push((long) bytes(4).getInt());
      case 0x8a -> push(longInteger());
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(bytes(8).getLong())));
      case 'X' -> push(text());
      case '}' -> push(new LinkedHashMap<>());
      case ']' -> push(new ArrayList<>());
      case ')' -> push(List.of());
      case 't' -> push(List.copyOf(popToMark()));
      case 0x85 -> push(tuple(1));
      case 0x86 -> push(tuple(2));
      case 0x87 -> push(tuple(3));
      case 'q' -> memorise(byteAt());
      case 'r' -> memorise(bytes(4).getInt());
      case 'h' -> push(recall(byteAt()));
      case 'j' -> push(recall(bytes(4).getInt()));
      case 'a' -> append(tuple(1));
      case 'e' -> append(popToMark());
      case 's' -> put(tuple(2));
      case 'u' -> put(popToMark());
      case 'c' -> push(global());
      case 'Q' -> push(storage());
      case 'R' -> push(call());
      case 'b' -> build();
      default -> throw refusal(
          "opcode 0x%02x is not one that a state dict of tensors needs%s",
          opcode, "io\u0081\u0082\u0083\u0084\u0092\u0093".indexOf(opcode) < 0 ? "" : " (it would run code)");
    }
  }

  private void push(Object value) throws ImportRefusal {
    if (++objects > MAX_OBJECTS) {
      throw refusal("more than %d objects", MAX_OBJECTS);
    }
    stack.add(value);
  }

  private Object pop() throws ImportRefusal {
    Object top = peek();
    stack.remove(stack.size() - 1);
    return top;
  }

  private Object peek() throws ImportRefusal {
    if (stack.isEmpty() || stack.get(stack.size() - 1) == Special.MARK) {
      throw refusal("a value is missing");
    }
    return stack.get(stack.size() - 1);
  }

  private void mark() throws ImportRefusal {
    if (++marks > MAX_MARKS) {
      throw refusal("nested deeper than %d", MAX_MARKS);
    }
    push(Special.MARK);
  }

  private List<Object> popToMark() throws ImportRefusal {
    int mark = stack.lastIndexOf(Special.MARK);
    if (mark < 0) {
      throw refusal("a mark is missing");
    }
    List<Object> items = new ArrayList<>(stack.subList(mark + 1, stack.size()));
    stack.subList(mark, stack.size()).clear();
    marks--;
    return items;
  }

  private List<Object> tuple(int count) throws ImportRefusal {
    Object[] items = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      items[i] = pop();
    }
    return List.of(items);
  }

  private void memorise(int index) throws ImportRefusal {
    memo.put(index, peek());
    if (memo.size() > MAX_OBJECTS) {
      throw refusal("more than %d memo entries", MAX_OBJECTS);
    }
  }

  private Object recall(int index) throws ImportRefusal {
    Object value = memo.get(index);
    if (value == null) {
      throw refusal("nothing is in memo %d", index);
    }
    return value;
  }

  private void append(List<Object> items) throws ImportRefusal {
    // Tuples are immutable lists; only an ArrayList was made by the pickle's own list opcode.
    if (!(peek() instanceof ArrayList<?> list)) {
      throw refusal("items are appended to what is no list");
    }
    @SuppressWarnings("unchecked")
    List<Object> target = (List<Object>) list;
    target.addAll(items);
  }

  private void put(List<Object> items) throws ImportRefusal {
    if (!(peek() instanceof Map<?, ?> map) || items.size() % 2 != 0) {
      throw refusal("pairs are put into what is no dictionary");
    }
    @SuppressWarnings("unchecked")
    Map<Object, Object> target = (Map<Object, Object>) map;
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String) && !(key instanceof Long)) {
        throw refusal("a dictionary's key is neither a string nor a whole number");
      }
      if (target.put(key, items.get(i + 1)) != null) {
        throw refusal("key '%s' occurs twice in a dictionary", key);
      }
    }
  }

  private Object global() throws ImportRefusal {
    String name = line() + " " + line();
    Object global = GLOBALS.get(name);
    if (global == null) {
      throw refusal(
          "the pickle names %s, which is neither a tensor nor a dictionary of them; save only the state dict:"
              + " torch.save(model.state_dict(), file)",
          name.replace(' ', '.'));
    }
    return global;
  }

  /** {@code ('storage', type, key, location, count)}, the persistent id of a tensor's values. */
  private Storage storage() throws ImportRefusal {
    if (pop() instanceof List<?> id
        && id.size() == 5
        && id.get(0).equals("storage")
        && id.get(1) instanceof ElementType type
        && id.get(2) instanceof String key
        && id.get(3) instanceof String
        && id.get(4) instanceof Long count
        && count >= 0) {
      return new Storage(type, key, count);
    }
    throw refusal("a persistent id is not that of a storage");
  }

  private Object call() throws ImportRefusal {
    Object arguments = pop();
    Object function = pop();
    if (arguments instanceof List<?> list) {
      if (function == Global.ORDERED_DICT && list.isEmpty()) {
        return new OrderedDict();
      }
      if (function == Global.REBUILD_PARAMETER
          && list.size() == 3
          && list.get(0) instanceof TensorView tensor) {
        return tensor;
      }
      if (function == Global.REBUILD_TENSOR && (list.size() == 6 || list.size() == 7)) {
        return tensor(list);
      }
    }
    throw refusal("a call that no tensor and no dictionary needs");
  }

  /** {@code (storage, offset, shape, strides, requires_grad, hooks[, metadata])}. */
  private TensorView tensor(List<?> arguments) throws ImportRefusal {
    if (!(arguments.get(0) instanceof Storage storage) || !(arguments.get(1) instanceof Long offset)) {
      throw refusal("a tensor without a storage");
    }
    List<Long> shape = naturals(arguments.get(2));
    List<Long> strides = naturals(arguments.get(3));
    if (shape.size() != strides.size()) {
      throw refusal("a tensor has %d axes but %d strides", shape.size(), strides.size());
    }
    long count = 1;
    long last = 0;
    for (int axis = 0; axis < shape.size(); axis++) {
      count *= shape.get(axis);
      last += (shape.get(axis) - 1) * strides.get(axis);
      if (count > MAX_ELEMENTS || last > MAX_ELEMENTS) {
        throw refusal("a tensor of shape %s, strides %s is larger than allowed", shape, strides);
      }
    }
    if (offset < 0 || count > 0 && (offset > storage.count() || last >= storage.count() - offset)) {
      throw refusal(
          "a tensor of shape %s, strides %s from element %d on leaves its storage '%s' of %d elements",
          shape, strides, offset, storage.key(), storage.count());
    }
    return new TensorView(
        storage, offset, new Shape(shape.stream().mapToLong(Long::longValue).toArray()), strides);
  }

  private List<Long> naturals(Object value) throws ImportRefusal {
    List<Long> numbers = new ArrayList<>();
    if (value instanceof List<?> list && list.size() <= MAX_DIMENSIONS) {
      for (Object item : list) {
        if (item instanceof Long number && number >= 0 && number <= MAX_ELEMENTS) {
          numbers.add(number);
        }
      }
      if (numbers.size() == list.size()) {
        return List.copyOf(numbers);
      }
    }
    throw refusal(
        "a tensor's shape or strides are not at most %d whole numbers up to %d",
        MAX_DIMENSIONS, MAX_ELEMENTS);
  }

  /** {@code state_dict()} gives its dictionary an attribute, the modules' versions; nothing else may. */
  private void build() throws ImportRefusal {
    Object state = pop();
    boolean versions = state instanceof Map<?, ?> map && map.size() == 1 && map.containsKey("_metadata");
    if (!(peek() instanceof OrderedDict) || !versions) {
      throw refusal("an object is given attributes");
    }
  }

  private long longInteger() throws ImportRefusal {
    int length = byteAt();
    if (length > 8) {
      throw refusal("a whole number of %d bytes", length);
    }
    byte[] bytes = bytes(length).array();
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (bytes[i] & 0xffL) << 8 * i;
    }
    int unused = 64 - 8 * length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  private String text() throws ImportRefusal {
    int length = bytes(4).getInt();
    if (length < 0 || length > MAX_TEXT) {
      throw refusal("a string of %d bytes; allowed are %d", length & 0xffffffffL, MAX_TEXT);
    }
    return new String(bytes(length).array(), StandardCharsets.UTF_8);
  }

  private String line() throws ImportRefusal {
    StringBuilder line = new StringBuilder();
    while (true) {
      int next = byteAt();
      if (next == '\n') {
        return line.toString();
      }
      if (next < ' ' || next > '~' || line.length() == 256) {
        throw refusal("a global's name is not readable");
      }
      line.append((char) next);
    }
  }

  private int byteAt() throws ImportRefusal {
    if (!in.hasRemaining()) {
      throw refusal("the pickle is cut short");
    }
    return in.get() & 0xff;
  }

  private ByteBuffer bytes(int count) throws ImportRefusal {
    if (in.remaining() < count) {
      throw refusal("the pickle is cut short");
    }
    byte[] bytes = new byte[count];
    in.get(bytes);
    return ByteBuffer.wrap(bytes).order(in.order());
  }

  private ImportRefusal refusal(String format, Object... arguments) {
    return ImportRefusal.of("data.pkl byte " + at + ": " + format, arguments);
  }
}

package nmsw.segmentation.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.segmentation.checkpoint.StoredZip.Entry;
import nmsw.segmentation.checkpoint.Unpickler.Storage;
import nmsw.segmentation.checkpoint.Unpickler.TensorView;
import nmsw.segmentation.nn.ElementType;

/**
 * The zip format of {@code torch.save} (since 1.6): one folder of the archive's name with {@code data.pkl}
 * (structure), {@code data/KEY} (values), {@code version} and, in newer files, {@code byteorder}.
 */
final class TorchArchive {
  private static final String PICKLE = "/data.pkl";
  private static final int MAX_PICKLE_BYTES = 32 << 20;
  private static final int MAX_NOTE_BYTES = 64;
  private static final int MAX_VERSION = 10;

  private final FileChannel channel;
  private final StoredZip zip;
  private final String folder;
  private final ByteOrder order;
  private final Set<String> intact = new HashSet<>();

  /** Reads the archive's directory; the channel stays the caller's. */
  TorchArchive(FileChannel channel) throws IOException {
    this.channel = channel;
    zip = new StoredZip(channel);
    folder = folder();
    String version = note("version", "3");
    if (!version.matches("[0-9]{1,3}") || Integer.parseInt(version) > MAX_VERSION) {
      throw ImportRefusal.of("format version '%s' is not known", version);
    }
    order =
        switch (note("byteorder", "little")) {
          case "little" -> ByteOrder.LITTLE_ENDIAN;
          case "big" -> ByteOrder.BIG_ENDIAN;
          default -> throw new ImportRefusal("byteorder is neither little nor big");
        };
  }

  /** The saved value, see {@link Unpickler#read}. */
  Object value() throws IOException {
    return Unpickler.read(zip.bytes(zip.entries().get(folder + PICKLE), MAX_PICKLE_BYTES));
  }

  /**
   * The tensor that a part of the value refers to; empty where it is none.
   *
   * @throws ImportRefusal if its storage is not in the archive or has another size
   */
  Optional<TensorSource> tensor(Object value) throws IOException {
    if (!(value instanceof TensorView view)) {
      return Optional.empty();
    }
    Storage storage = view.storage();
    Entry entry = zip.entries().get(folder + "/data/" + storage.key());
    if (entry == null) {
      throw ImportRefusal.of("storage '%s' is missing", storage.key());
    }
    if (storage.count() > entry.size() / storage.type().bytes()
        || storage.count() * storage.type().bytes() != entry.size()) {
      throw ImportRefusal.of(
          "storage '%s' has %d bytes, not %d elements of %s",
          storage.key(), entry.size(), storage.count(), storage.type());
    }
    return Optional.of(new Stored(this, view, entry));
  }

  private record Stored(TorchArchive archive, TensorView view, Entry entry) implements TensorSource {
    @Override
    public ElementType type() {
      return view.storage().type();
    }

    @Override
    public Shape shape() {
      return view.shape();
    }

    @Override
    public float[] read() throws IOException {
      return archive.read(view, entry);
    }
  }

  private float[] read(TensorView view, Entry entry) throws IOException {
    if (intact.add(entry.name())) {
      zip.requireIntact(entry);
    }
    long[] shape = view.shape().getShape();
    int count = (int) view.shape().size();
    if (count == 0) {
      return new float[0];
    }
    long last = 0;
    for (int axis = 0; axis < shape.length; axis++) {
      last += (shape[axis] - 1) * view.strides().get(axis);
    }
    ElementType type = view.storage().type();
    channel.position(entry.offset() + view.offset() * type.bytes());
    float[] span = type.read(channel, (int) last + 1, order);
    return contiguous(shape, view.strides()) ? span : gather(span, shape, view.strides(), count);
  }

  private static boolean contiguous(long[] shape, List<Long> strides) {
    long expected = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      if (shape[axis] != 1 && strides.get(axis) != expected) {
        return false;
      }
      expected *= shape[axis];
    }
    return true;
  }

  private static float[] gather(float[] span, long[] shape, List<Long> strides, int count) {
    float[] values = new float[count];
    long[] index = new long[shape.length];
    int from = 0;
    for (int to = 0; to < count; to++) {
      values[to] = span[from];
      for (int axis = shape.length - 1; axis >= 0; axis--) {
        from += strides.get(axis).intValue();
        if (++index[axis] < shape[axis]) {
          break;
        }
        from -= (int) (shape[axis] * strides.get(axis));
        index[axis] = 0;
      }
    }
    return values;
  }

  private String folder() throws IOException {
    List<String> folders = new ArrayList<>();
    for (String name : zip.entries().keySet()) {
      if (name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length()) {
        folders.add(name.substring(0, name.length() - PICKLE.length()));
      }
    }
    if (folders.size() != 1) {
      throw new ImportRefusal("a zip file, but not one that torch.save wrote: it has no FOLDER/data.pkl");
    }
    if (zip.entries().containsKey(folders.get(0) + "/constants.pkl")) {
      throw new ImportRefusal(
          "a TorchScript program, not weights: save torch.jit.load(file).state_dict() with torch.save");
    }
    return folders.get(0);
  }

  private String note(String name, String otherwise) throws IOException {
    Entry entry = zip.entries().get(folder + "/" + name);
    return entry == null
        ? otherwise
        : new String(zip.bytes(entry, MAX_NOTE_BYTES), StandardCharsets.US_ASCII).strip();
  }
}

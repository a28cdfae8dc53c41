package nmsw.segmentation.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * TorchScript source of ours, compiled by the engine: a whole network in one native call, with operations,
 * layouts and precisions that the engine's Java arrays lack, and differentiable.
 *
 * <p>The module holds no weights; every method takes tensors followed by {@code p: List[Tensor]}. It may be
 * called by several threads.
 */
public final class ScriptModule implements AutoCloseable {
  private static final String HEADER =
      """
      class Net(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        _is_full_backward_hook : Optional[bool]
      """;
  private static final String METHOD_TAG = "module_method:";
  private static final String WEIGHTS = "p[]";

  private final PtSymbolBlock block;

  private ScriptModule(PtSymbolBlock block) {
    this.block = block;
  }

  /**
   * Compiles methods written in the dialect of TorchScript archives, each indented by two spaces and with
   * {@code self: __torch__.Net} as its first argument; one of them must be named {@code forward}.
   */
  public static ScriptModule compile(NDManager manager, String methods) {
    try (InputStream archive = new ByteArrayInputStream(archive(HEADER + methods))) {
      return new ScriptModule(JniUtils.loadModule((PtNDManager) manager, archive, false, false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the module as a file that any program with TorchScript loads. */
  public static void write(Path file, String methods) throws IOException {
    Files.write(file, archive(HEADER + methods));
  }

  /**
   * Runs a method.
   *
   * @param tensors positional tensor arguments, at least one; results are attached to the first one's manager
   * @param weights the {@code p: List[Tensor]} argument; their names are overwritten
   * @param gradients true to record for back-propagation
   */
  public NDList call(
      String method, List<NDArray> tensors, List<NDArray> weights, boolean gradients) {
    NDList arguments = new NDList(tensors.size() + weights.size() + 1);
    for (NDArray tensor : tensors) {
      tensor.setName(null);
      arguments.add(tensor);
    }
    return invoke(arguments, method, weights, gradients, tensors.get(0).getManager());
  }

  /** Runs a method whose only argument is the weights; results are attached to {@code manager}. */
  NDList call(String method, NDManager manager, List<NDArray> weights, boolean gradients) {
    NDList results =
        invoke(new NDList(weights.size() + 1), method, weights, gradients, manager);
    results.attach(manager);
    return results;
  }

  private NDList invoke(
      NDList arguments, String method, List<NDArray> weights, boolean gradients, NDManager manager) {
    for (NDArray weight : weights) {
      weight.setName(WEIGHTS);
      arguments.add(weight);
    }
    try (NDArray tag = manager.create(0f)) {
      tag.setName(METHOD_TAG + method);
      arguments.add(tag);
      return IValueUtils.forward(block, arguments, gradients);
    }
  }

  @Override
  public void close() {
    block.close();
  }

  /**
   * The archive: a zip of stored entries, its object graph one instance of {@code Net} without
   * attributes.
   */
  static byte[] archive(String code) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "net/data.pkl", objectGraph());
      store(zip, "net/code/__torch__.py", code.getBytes(StandardCharsets.UTF_8));
      store(zip, "net/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      store(zip, "net/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] objectGraph() throws IOException {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.write(new byte[] {(byte) 0x80, 2});
    pickle.write("c__torch__\nNet\n".getBytes(StandardCharsets.US_ASCII));
    pickle.write(new byte[] {'q', 0, ')', (byte) 0x81, '}', '('});
    pickleString(pickle, "training");
    pickle.write(0x88);
    pickleString(pickle, "_is_full_backward_hook");
    pickle.write('N');
    pickle.write(new byte[] {'u', 'b', '.'});
    return pickle.toByteArray();
  }

  private static void pickleString(OutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    out.write(new byte[] {'X', (byte) bytes.length, 0, 0, 0});
    out.write(bytes);
  }

  private static void store(ZipOutputStream zip, String name, byte[] data) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(data);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    entry.setCompressedSize(data.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }
}

package nmsw.training;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import nmsw.segmentation.nn.Int3;

/**
 * Keeps prepared cases: in memory, about three bytes per voxel of the body, and in a folder if one is given, for data that
 * is slow to make. The folder belongs to one recipe's spacing and window.
 */
final class CachedCases implements CaseSource {
  private final CaseSource source;
  private final Path folder;
  private final Map<Integer, TrainingCase> cases = new HashMap<>();

  /**
   * @param folder null for none
   */
  CachedCases(CaseSource source, Path folder) {
    this.source = source;
    this.folder = folder;
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public String id(int index) {
    return source.id(index);
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    TrainingCase loaded = cases.get(index);
    if (loaded == null) {
      loaded = folder == null ? source.load(index) : fromFolder(index);
      cases.put(index, loaded);
    }
    return loaded;
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    return source.original(index);
  }

  private TrainingCase fromFolder(int index) throws IOException {
    Path file = folder.resolve(id(index) + ".case");
    if (Files.exists(file)) {
      return read(file, id(index));
    }
    TrainingCase made = source.load(index);
    Files.createDirectories(folder);
    Path temporary = Files.createTempFile(folder, id(index), ".tmp");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary)))) {
      out.writeInt(made.size().x());
      out.writeInt(made.size().y());
      out.writeInt(made.size().z());
      ByteBuffer values = ByteBuffer.allocate(2 * made.hounsfield().length);
      values.asShortBuffer().put(made.hounsfield());
      out.write(values.array());
      out.write(made.labels());
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    return made;
  }

  private static TrainingCase read(Path file, String id) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      Int3 size = new Int3(in.readInt(), in.readInt(), in.readInt());
      if (Files.size(file) != 12 + 3 * size.product()) {
        throw new IOException(file + ": damaged; delete it to have it made again");
      }
      byte[] values = new byte[(int) (2 * size.product())];
      in.readFully(values);
      short[] hounsfield = new short[values.length / 2];
      ByteBuffer.wrap(values).asShortBuffer().get(hounsfield);
      byte[] labels = new byte[hounsfield.length];
      in.readFully(labels);
      return new TrainingCase(id, size, hounsfield, labels);
    }
  }
}

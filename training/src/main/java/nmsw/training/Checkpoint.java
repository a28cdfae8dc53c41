package nmsw.training;

import ai.djl.ndarray.NDArray;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import nmsw.segmentation.nn.ParameterSpec;
import nmsw.segmentation.nn.Parameters;

/**
 * A run's state on disk: parameters, the optimiser's moments, and how far the run got. All randomness of a run derives from
 * its seed and the iteration, so the iteration is the generator's state.
 *
 * @param seed of the run; a checkpoint of another seed is refused
 * @param iteration iterations done
 * @param bestDice best validation Dice so far, NaN before the first validation
 */
record Checkpoint(long seed, int iteration, double bestDice) {
  private static final int MAGIC = 0x4e4d5357;

  /** Writes to a temporary file, forces it to disk, renames: a reader sees the old or the new one, never half of one. */
  void write(Path file, Parameters parameters, AdamW optimiser) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      CheckedOutputStream checked =
          new CheckedOutputStream(
              new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16), new CRC32());
      DataOutputStream out = new DataOutputStream(checked);
      out.writeInt(MAGIC);
      out.writeLong(seed);
      out.writeInt(iteration);
      out.writeDouble(bestDice);
      List<ParameterSpec> specs = parameters.specs();
      out.writeInt(specs.size());
      for (int i = 0; i < specs.size(); i++) {
        out.writeUTF(specs.get(i).name());
        writeArray(out, parameters.arrays().get(i));
        writeArray(out, optimiser.first().get(i));
        writeArray(out, optimiser.second().get(i));
      }
      out.writeLong(checked.getChecksum().getValue());
      out.flush();
      channel.force(true);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Fills the parameters and moments from a file.
   *
   * @throws IOException if the file is damaged or belongs to another network; nothing is changed then
   */
  static Checkpoint read(Path file, Parameters parameters, AdamW optimiser) throws IOException {
    try (CheckedInputStream checked =
            new CheckedInputStream(
                new BufferedInputStream(Files.newInputStream(file), 1 << 16), new CRC32());
        DataInputStream in = new DataInputStream(checked)) {
      if (in.readInt() != MAGIC) {
        throw new IOException(file + ": not a checkpoint");
      }
      Checkpoint state = new Checkpoint(in.readLong(), in.readInt(), in.readDouble());
      List<ParameterSpec> specs = parameters.specs();
      if (in.readInt() != specs.size()) {
        throw new IOException(file + ": checkpoint of another network");
      }
      List<float[]> values = new ArrayList<>();
      for (ParameterSpec spec : specs) {
        String name = in.readUTF();
        if (!name.equals(spec.name())) {
          throw new IOException(file + ": has parameter " + name + " in place of " + spec.name());
        }
        for (int part = 0; part < 3; part++) {
          values.add(readArray(in, file, spec));
        }
      }
      long sum = checked.getChecksum().getValue();
      if (in.readLong() != sum) {
        throw new IOException(file + ": damaged, its checksum differs");
      }
      for (int i = 0; i < specs.size(); i++) {
        parameters.arrays().get(i).set(values.get(3 * i));
        optimiser.first().get(i).set(values.get(3 * i + 1));
        optimiser.second().get(i).set(values.get(3 * i + 2));
      }
      return state;
    }
  }

  private static void writeArray(DataOutputStream out, NDArray array) throws IOException {
    float[] values = array.toFloatArray();
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
    bytes.asFloatBuffer().put(values);
    out.writeInt(values.length);
    out.write(bytes.array());
  }

  private static float[] readArray(DataInputStream in, Path file, ParameterSpec spec)
      throws IOException {
    if (in.readInt() != spec.size()) {
      throw new IOException(file + ": parameter " + spec.name() + " has another size");
    }
    byte[] bytes = new byte[(int) (4 * spec.size())];
    in.readFully(bytes);
    float[] values = new float[(int) spec.size()];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
    return values;
  }
}

package nmsw.volume;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/**
 * NIfTI-1 single files (.nii, .nii.gz), of one 3-D volume.
 *
 * <p>NIfTI speaks RAS millimetres, everything here LPS (DICOM): the two differ by the sign of x and y, and
 * this class is the only place that knows it. The voxel order in memory is the same in both (x fastest), so
 * nothing is flipped. The affine is the sform where its code is positive, else the qform, else the bare pixel
 * dimensions (nifti1.h, methods 3, 2 and 1).
 *
 * <p>Reads integers of 8 to 64 bits with and without sign, float32 and float64, scaled by scl_slope and scl_inter, in
 * both byte orders; writes little-endian int16 (volumes) and uint8 (labels). The header's sizes are held against the
 * file's length before anything is allocated, and a compressed stream is read only as far as the header says.
 */
public final class Nifti {
  private static final int HEADER_BYTES = 348;
  private static final int DATA_OFFSET = 352;
  private static final int MAX_OFFSET = 1 << 24;
  private static final int CHUNK_VOXELS = 1 << 16;

  /** Deflate can't expand by more (zlib's technical notes: 1032:1). */
  private static final long MAX_EXPANSION = 1032;

  private static final int UINT8 = 2;
  private static final int INT16 = 4;
  private static final int INT32 = 8;
  private static final int FLOAT32 = 16;
  private static final int FLOAT64 = 64;
  private static final int INT8 = 256;
  private static final int UINT16 = 512;
  private static final int UINT32 = 768;
  private static final int INT64 = 1024;
  private static final int UINT64 = 1280;

  private Nifti() {}

  /**
   * What a file says of its voxels before any is read.
   *
   * @param oriented whether the file says how its axes lie in the patient (sform or qform); without, left and right are a
   *     guess
   */
  public record Header(Grid grid, boolean oriented) {}

  /**
   * Reads no more than the header.
   *
   * @throws IOException if the file is not a NIfTI-1 volume, or is too short to hold what the header promises
   */
  public static Header readHeader(Path file) throws IOException {
    try (Content content = new Content(file)) {
      ByteBuffer header = content.header;
      return new Header(content.grid, header.getShort(252) > 0 || header.getShort(254) > 0);
    }
  }

  /**
   * Reads a CT volume; values are rounded to whole Hounsfield units and limited to the range of a short, NaN
   * becomes air.
   *
   * @throws IOException if the file is not a NIfTI-1 volume, is truncated, or is of another datatype
   */
  public static Volume readVolume(Path file) throws IOException {
    short[][] voxels = new short[1][];
    Grid grid =
        read(
            file,
            new Sink() {
              @Override
              public void allocate(int size) {
                voxels[0] = new short[size];
              }

              @Override
              public void put(int index, double value) {
                voxels[0][index] =
                    Double.isNaN(value)
                        ? Resampler.AIR
                        : (short) Math.max(Short.MIN_VALUE, Math.min(Short.MAX_VALUE, Math.rint(value)));
              }
            });
    return new Volume(grid, voxels[0]);
  }

  /**
   * Reads a label map.
   *
   * @throws IOException as {@link #readVolume}, or if a value is not a whole number in 0..255
   */
  public static LabelVolume readLabels(Path file) throws IOException {
    byte[][] labels = new byte[1][];
    Grid grid =
        read(
            file,
            new Sink() {
              @Override
              public void allocate(int size) {
                labels[0] = new byte[size];
              }

              @Override
              public void put(int index, double value) throws IOException {
                int label = (int) value;
                if (label != value || label < 0 || label > 255) {
                  throw new IOException(
                      file + ": voxel " + index + " is " + value + ", not a label in 0..255");
                }
                labels[0][index] = (byte) label;
              }
            });
    return new LabelVolume(grid, labels[0]);
  }

  /** Writes a volume as int16; compressed if the name ends in {@code .gz}. */
  public static void write(Path file, Volume volume) throws IOException {
    short[] voxels = volume.hounsfield();
    try (OutputStream out = open(file)) {
      out.write(header(volume.grid(), INT16));
      ByteBuffer chunk = ByteBuffer.allocate(2 * CHUNK_VOXELS).order(ByteOrder.LITTLE_ENDIAN);
      for (int from = 0; from < voxels.length; from += CHUNK_VOXELS) {
        int count = Math.min(CHUNK_VOXELS, voxels.length - from);
        chunk.asShortBuffer().put(voxels, from, count);
        out.write(chunk.array(), 0, 2 * count);
      }
    }
  }

  /** Writes labels as uint8; compressed if the name ends in {@code .gz}. */
  public static void write(Path file, LabelVolume labels) throws IOException {
    try (OutputStream out = open(file)) {
      out.write(header(labels.grid(), UINT8));
      out.write(labels.labels());
    }
  }

  private interface Sink {
    void allocate(int size);

    void put(int index, double value) throws IOException;
  }

  /** A file that is open behind its header, which is checked. */
  private static final class Content implements AutoCloseable {
    final ByteBuffer header;
    final Grid grid;
    final int datatype;
    final int voxelBytes;
    final boolean compressed;
    final InputStream in;

    Content(Path file) throws IOException {
      long length = Files.size(file);
      InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
      InputStream opened = raw;
      try {
        raw.mark(2);
        compressed = raw.read() == 0x1F && raw.read() == 0x8B;
        raw.reset();
        opened = compressed ? new GZIPInputStream(raw, 1 << 16) : raw;
        in = opened;
        header = ByteBuffer.wrap(exactly(in, HEADER_BYTES));
        header.order(byteOrder(file, header));
        checkKind(file, header);
        grid = Nifti.grid(file, header);
        datatype = header.getShort(70);
        voxelBytes = Nifti.voxelBytes(file, datatype);
        float dataOffset = header.getFloat(108);
        if (!(dataOffset >= DATA_OFFSET && dataOffset <= MAX_OFFSET)) {
          throw new IOException(file + ": vox_offset " + dataOffset + " is not in 352.." + MAX_OFFSET);
        }
        long needed = (long) dataOffset + (long) grid.voxels() * voxelBytes;
        if (needed > (compressed ? length * MAX_EXPANSION : length)) {
          throw new IOException(
              file + ": " + length + " bytes can't hold the " + needed + " that the header promises");
        }
        in.skipNBytes((long) dataOffset - HEADER_BYTES);
      } catch (EOFException | ZipException e) {
        opened.close();
        throw damaged(file, e);
      } catch (IOException e) {
        opened.close();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  private static Grid read(Path file, Sink sink) throws IOException {
    try (Content content = new Content(file)) {
      sink.allocate(content.grid.voxels());
      readVoxels(content, sink);
      if (content.compressed) {
        content.in.read(); // at the end of the stream this checks its checksum
      }
      return content.grid;
    } catch (EOFException | ZipException e) {
      throw damaged(file, e);
    }
  }

  private static IOException damaged(Path file, IOException cause) {
    return new IOException(file + ": truncated or damaged NIfTI file (" + cause.getMessage() + ")", cause);
  }

  private static void readVoxels(Content content, Sink sink) throws IOException {
    ByteBuffer header = content.header;
    int voxels = content.grid.voxels();
    float slope = header.getFloat(112);
    float intercept = header.getFloat(116);
    boolean scaled = slope != 0 && Float.isFinite(slope) && Float.isFinite(intercept);
    double factor = scaled ? slope : 1;
    double offset = scaled ? intercept : 0;
    for (int from = 0; from < voxels; from += CHUNK_VOXELS) {
      int count = Math.min(CHUNK_VOXELS, voxels - from);
      ByteBuffer chunk = ByteBuffer.wrap(exactly(content.in, count * content.voxelBytes)).order(header.order());
      for (int i = 0; i < count; i++) {
        double value =
            switch (content.datatype) {
              case UINT8 -> chunk.get(i) & 0xFF;
              case INT16 -> chunk.getShort(2 * i);
              case UINT16 -> chunk.getShort(2 * i) & 0xFFFF;
              case INT32 -> chunk.getInt(4 * i);
              case FLOAT32 -> chunk.getFloat(4 * i);
              case INT8 -> chunk.get(i);
              case UINT32 -> Integer.toUnsignedLong(chunk.getInt(4 * i));
              case INT64 -> chunk.getLong(8 * i);
              case UINT64 -> unsigned(chunk.getLong(8 * i));
              default -> chunk.getDouble(8 * i);
            };
        sink.put(from + i, factor * value + offset);
      }
    }
  }

  private static double unsigned(long bits) {
    return bits >= 0 ? bits : 2.0 * (bits >>> 1);
  }

  private static byte[] exactly(InputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("ends " + (count - bytes.length) + " bytes early");
    }
    return bytes;
  }

  private static ByteOrder byteOrder(Path file, ByteBuffer header) throws IOException {
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      if (header.order(order).getInt(0) == HEADER_BYTES) {
        return order;
      }
    }
    throw new IOException(file + ": not a NIfTI-1 file (no header of 348 bytes)");
  }

  private static void checkKind(Path file, ByteBuffer header) throws IOException {
    byte[] magic = new byte[4];
    header.get(344, magic);
    String kind = new String(magic, StandardCharsets.ISO_8859_1);
    if (!kind.equals("n+1\0")) {
      throw new IOException(
          file + (kind.equals("ni1\0")
              ? ": header of a .hdr/.img pair; convert it to a single .nii file"
              : ": not a NIfTI-1 file (magic is missing)"));
    }
  }

  private static int voxelBytes(Path file, int datatype) throws IOException {
    return switch (datatype) {
      case UINT8, INT8 -> 1;
      case INT16, UINT16 -> 2;
      case INT32, UINT32, FLOAT32 -> 4;
      case INT64, UINT64, FLOAT64 -> 8;
      default ->
          throw new IOException(
              file + ": NIfTI datatype " + datatype
                  + " is not read; store integers, float32 or float64");
    };
  }

  private static Grid grid(Path file, ByteBuffer header) throws IOException {
    int dimensions = header.getShort(40);
    int[] size = {1, 1, 1};
    for (int d = 1; d <= Math.min(dimensions, 7); d++) {
      int n = header.getShort(40 + 2 * d);
      if (n < 1 || d > 3 && n != 1) {
        throw new IOException(file + ": dimension " + d + " has size " + n + "; one 3-D volume is read");
      }
      if (d <= 3) {
        size[d - 1] = n;
      }
    }
    if (dimensions < 2 || dimensions > 7) {
      throw new IOException(file + ": " + dimensions + " dimensions; one 3-D volume is read");
    }
    double unit =
        switch (header.get(123) & 7) {
          case 1 -> 1000;
          case 3 -> 0.001;
          default -> 1;
        };
    double[][] affine = affine(header);
    Vec3[] columns = new Vec3[4];
    for (int c = 0; c < 4; c++) {
      columns[c] = new Vec3(-affine[0][c], -affine[1][c], affine[2][c]).times(unit);
    }
    double volume = Math.abs(columns[0].cross(columns[1]).dot(columns[2]));
    double box = columns[0].length() * columns[1].length() * columns[2].length();
    if (!(volume > 1e-6 * box) || !Double.isFinite(box + columns[3].length())) {
      throw new IOException(file + ": its affine is singular; set a valid sform or qform");
    }
    try {
      return new Grid(size[0], size[1], size[2], columns[3], columns[0], columns[1], columns[2]);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** The 3x4 affine from voxel index to RAS, in the file's unit. */
  private static double[][] affine(ByteBuffer header) {
    double[][] affine = new double[3][4];
    if (header.getShort(254) > 0) {
      for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 4; c++) {
          affine[r][c] = header.getFloat(280 + 16 * r + 4 * c);
        }
      }
      return affine;
    }
    double[] pixdim = {header.getFloat(80), header.getFloat(84), header.getFloat(88)};
    if (header.getShort(252) <= 0) {
      for (int r = 0; r < 3; r++) {
        affine[r][r] = pixdim[r];
      }
      return affine;
    }
    double b = header.getFloat(256);
    double c = header.getFloat(260);
    double d = header.getFloat(264);
    double a = Math.sqrt(Math.max(0, 1 - (b * b + c * c + d * d)));
    double[][] rotation = {
      {a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)},
      {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)},
      {2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c}
    };
    double qfac = header.getFloat(76) < 0 ? -1 : 1;
    for (int r = 0; r < 3; r++) {
      affine[r][0] = rotation[r][0] * pixdim[0];
      affine[r][1] = rotation[r][1] * pixdim[1];
      affine[r][2] = rotation[r][2] * pixdim[2] * qfac;
      affine[r][3] = header.getFloat(268 + 4 * r);
    }
    return affine;
  }

  private static OutputStream open(Path file) throws IOException {
    OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
    return file.toString().endsWith(".gz") ? new GZIPOutputStream(out, 1 << 16) : out;
  }

  private static byte[] header(Grid grid, int datatype) throws IOException {
    if (Math.max(grid.nx(), Math.max(grid.ny(), grid.nz())) > Short.MAX_VALUE) {
      throw new IOException("NIfTI-1 holds at most 32767 voxels along an axis");
    }
    ByteBuffer h = ByteBuffer.allocate(DATA_OFFSET).order(ByteOrder.LITTLE_ENDIAN);
    h.putInt(0, HEADER_BYTES);
    h.put(38, (byte) 'r');
    short[] dim = {3, (short) grid.nx(), (short) grid.ny(), (short) grid.nz(), 1, 1, 1, 1};
    for (int d = 0; d < 8; d++) {
      h.putShort(40 + 2 * d, dim[d]);
    }
    h.putShort(70, (short) datatype);
    h.putShort(72, (short) (datatype == UINT8 ? 8 : 16));
    Vec3[] steps = {grid.stepX(), grid.stepY(), grid.stepZ()};
    h.putFloat(76, 1);
    for (int c = 0; c < 3; c++) {
      h.putFloat(80 + 4 * c, (float) steps[c].length());
    }
    h.putFloat(108, DATA_OFFSET);
    h.putFloat(112, 1);
    h.put(123, (byte) 2);
    h.putShort(254, (short) 1);
    for (int c = 0; c < 4; c++) {
      Vec3 column = c < 3 ? steps[c] : grid.origin();
      h.putFloat(280 + 4 * c, (float) -column.x());
      h.putFloat(296 + 4 * c, (float) -column.y());
      h.putFloat(312 + 4 * c, (float) column.z());
    }
    putQuaternion(h, grid);
    h.put(344, new byte[] {'n', '+', '1', 0});
    return h.array();
  }

  /**
   * Readers that know only the qform (ITK of old) get it too, where the axes are orthogonal and it can say
   * them.
   */
  private static void putQuaternion(ByteBuffer h, Grid grid) {
    Vec3 x = toRas(grid.stepX().normalized());
    Vec3 y = toRas(grid.stepY().normalized());
    Vec3 z = toRas(grid.stepZ().normalized());
    if (Math.abs(x.dot(y)) + Math.abs(y.dot(z)) + Math.abs(z.dot(x)) > 1e-5) {
      return;
    }
    if (x.cross(y).dot(z) < 0) {
      z = z.times(-1);
      h.putFloat(76, -1);
    }
    double[] q = quaternion(x, y, z);
    h.putShort(252, (short) 1);
    for (int i = 0; i < 3; i++) {
      h.putFloat(256 + 4 * i, (float) q[i]);
    }
    Vec3 origin = toRas(grid.origin());
    h.putFloat(268, (float) origin.x());
    h.putFloat(272, (float) origin.y());
    h.putFloat(276, (float) origin.z());
  }

  /** (b, c, d) of the unit quaternion with a >= 0 whose rotation has the columns x, y, z. */
  private static double[] quaternion(Vec3 x, Vec3 y, Vec3 z) {
    double a2 = 1 + x.x() + y.y() + z.z();
    double b2 = 1 + x.x() - y.y() - z.z();
    double c2 = 1 - x.x() + y.y() - z.z();
    double d2 = 1 - x.x() - y.y() + z.z();
    double largest = Math.max(Math.max(a2, b2), Math.max(c2, d2));
    double s = 2 * Math.sqrt(largest);
    double[] abcd;
    if (largest == a2) {
      abcd = new double[] {s / 4, (y.z() - z.y()) / s, (z.x() - x.z()) / s, (x.y() - y.x()) / s};
    } else if (largest == b2) {
      abcd = new double[] {(y.z() - z.y()) / s, s / 4, (y.x() + x.y()) / s, (z.x() + x.z()) / s};
    } else if (largest == c2) {
      abcd = new double[] {(z.x() - x.z()) / s, (y.x() + x.y()) / s, s / 4, (z.y() + y.z()) / s};
    } else {
      abcd = new double[] {(x.y() - y.x()) / s, (z.x() + x.z()) / s, (z.y() + y.z()) / s, s / 4};
    }
    double sign = abcd[0] < 0 ? -1 : 1;
    return new double[] {sign * abcd[1], sign * abcd[2], sign * abcd[3]};
  }

  private static Vec3 toRas(Vec3 lps) {
    return new Vec3(-lps.x(), -lps.y(), lps.z());
  }
}

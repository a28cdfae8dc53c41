package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NiftiTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"2,BIG", "2,LITTLE", "4,BIG", "4,LITTLE", "8,BIG", "8,LITTLE", "16,BIG", "16,LITTLE", "64,BIG",
    "64,LITTLE", "256,BIG", "256,LITTLE", "512,BIG", "512,LITTLE", "768,BIG", "768,LITTLE", "1024,BIG", "1024,LITTLE",
    "1280,BIG", "1280,LITTLE"})
  void readsEveryDatatypeInBothByteOrders(int datatype, String order) throws IOException {
    ByteOrder byteOrder = order.equals("BIG") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    int[] stored =
        switch (datatype) {
          case 2, 512, 768, 1280 -> new int[] {0, 1, 128, 200, 254, 255};
          case 256 -> new int[] {-128, -1, 0, 1, 77, 127};
          default -> new int[] {-32000, -1, 0, 1, 77, 32000};
        };
    ByteBuffer file = header(byteOrder, datatype, 3, 2, 1, 352 + 6 * 8);
    for (int i = 0; i < 6; i++) {
      switch (datatype) {
        case 2, 256 -> file.put(352 + i, (byte) stored[i]);
        case 4, 512 -> file.putShort(352 + 2 * i, (short) stored[i]);
        case 8, 768 -> file.putInt(352 + 4 * i, stored[i]);
        case 1024, 1280 -> file.putLong(352 + 8 * i, stored[i]);
        case 16 -> file.putFloat(352 + 4 * i, stored[i]);
        default -> file.putDouble(352 + 8 * i, stored[i]);
      }
    }
    Volume volume = Nifti.readVolume(save("a.nii", file));
    for (int i = 0; i < 6; i++) {
      assertEquals(stored[i], volume.hounsfield()[i]);
    }
    assertEquals(3, volume.grid().nx());
    assertEquals(2, volume.grid().ny());
  }

  @Test
  void scalesRoundsAndLimits() throws IOException {
    ByteBuffer file = header(ByteOrder.LITTLE_ENDIAN, 16, 5, 1, 1, 352 + 20);
    file.putFloat(112, 2).putFloat(116, -1024);
    float[] values = {0, 512.3f, 1e9f, Float.NaN, -1e9f};
    for (int i = 0; i < 5; i++) {
      file.putFloat(352 + 4 * i, values[i]);
    }
    assertArrayEquals(
        new short[] {-1024, 1, Short.MAX_VALUE, -1024, Short.MIN_VALUE},
        Nifti.readVolume(save("a.nii", file)).hounsfield());
  }

  @Test
  void rasBecomesLps() throws IOException {
    ByteBuffer file = header(ByteOrder.LITTLE_ENDIAN, 2, 2, 2, 2, 352 + 8);
    sform(file, new float[] {1.5f, 0, 0, 10, 0, 2, 0, -20, 0, 0, 3, 30});
    Grid grid = Nifti.readLabels(save("a.nii", file)).grid();
    assertEquals(new Vec3(-10, 20, 30), grid.origin());
    assertEquals(-1.5, grid.stepX().x());
    assertEquals(-2, grid.stepY().y());
    assertEquals(3, grid.stepZ().z());
  }

  @Test
  void fallsBackFromSformToQformToPixelSizes() throws IOException {
    ByteBuffer file = header(ByteOrder.LITTLE_ENDIAN, 2, 2, 2, 2, 352 + 8);
    file.putShort(254, (short) 0).putFloat(80, 1).putFloat(84, 2).putFloat(88, 3);
    Grid bare = Nifti.readLabels(save("bare.nii", file)).grid();
    assertEquals(0, bare.stepY().minus(new Vec3(0, -2, 0)).length(), 1e-6);
    assertEquals(0, bare.origin().length(), 1e-6);
    assertEquals(new Nifti.Header(bare, false), Nifti.readHeader(folder.resolve("bare.nii")));

    file.putShort(252, (short) 1).putFloat(76, -1);
    float half = (float) Math.sqrt(0.5);
    file.putFloat(264, half).putFloat(268, 7).putFloat(272, 8).putFloat(276, 9);
    Grid turned = Nifti.readLabels(save("qform.nii", file)).grid();
    assertEquals(new Nifti.Header(turned, true), Nifti.readHeader(folder.resolve("qform.nii")));
    assertEquals(0, turned.origin().minus(new Vec3(-7, -8, 9)).length(), 1e-5);
    assertEquals(0, turned.stepX().minus(new Vec3(0, -1, 0)).length(), 1e-5, "x turns 90 degrees to RAS y");
    assertEquals(0, turned.stepY().minus(new Vec3(2, 0, 0)).length(), 1e-5);
    assertEquals(0, turned.stepZ().minus(new Vec3(0, 0, -3)).length(), 1e-5, "qfac -1 flips z");
  }

  @Property(tries = 100)
  void volumeComesBackFromSformAndFromQform(
      @ForAll @IntRange(min = 1, max = 7) int nx,
      @ForAll @IntRange(min = 1, max = 7) int ny,
      @ForAll @DoubleRange(min = -3, max = 3) double yaw,
      @ForAll @DoubleRange(min = -3, max = 3) double roll,
      @ForAll boolean leftHanded,
      @ForAll boolean compressed)
      throws IOException {
    Vec3 x = new Vec3(Math.cos(yaw), Math.sin(yaw), 0);
    Vec3 side = new Vec3(-Math.sin(yaw), Math.cos(yaw), 0);
    Vec3 y = side.times(Math.cos(roll)).plus(new Vec3(0, 0, Math.sin(roll)));
    Vec3 z = x.cross(y).times(leftHanded ? -1 : 1);
    Grid grid = new Grid(nx, ny, 3, new Vec3(-100, 50.5, 1234), x.times(0.7), y.times(1.3), z.times(5));
    Volume volume = Fields.sample(grid, p -> 9 * p.x() + p.z());
    Path file = Files.createTempFile("nmsw", compressed ? ".nii.gz" : ".nii");
    try {
      Nifti.write(file, volume);
      assertGrid(grid, Nifti.readVolume(file), 1e-3);
      assertArrayEquals(volume.hounsfield(), Nifti.readVolume(file).hounsfield());
      if (!compressed) {
        byte[] bytes = Files.readAllBytes(file);
        bytes[254] = 0;
        Files.write(file, bytes);
        // Near half a turn the quaternion's single precision costs up to 5e-4 radians.
        assertGrid(grid, Nifti.readVolume(file), 0.03);
      }
      LabelVolume labels = Fields.labels(grid, p -> Math.floorMod((int) p.z(), 256));
      Nifti.write(file, labels);
      assertArrayEquals(labels.labels(), Nifti.readLabels(file).labels());
    } finally {
      Files.delete(file);
    }
  }

  private static void assertGrid(Grid expected, Volume volume, double tolerance) {
    Grid grid = volume.grid();
    for (int corner = 0; corner < 8; corner++) {
      int i = (corner & 1) * 10;
      int j = (corner >> 1 & 1) * 10;
      int k = (corner >> 2) * 10;
      assertEquals(0, expected.toPatient(i, j, k).minus(grid.toPatient(i, j, k)).length(), tolerance);
    }
  }

  @Test
  void labelsMustBeWholeAndSmall() throws IOException {
    for (float value : new float[] {0.5f, -1, 256, Float.NaN}) {
      ByteBuffer file = header(ByteOrder.LITTLE_ENDIAN, 16, 1, 1, 1, 356);
      file.putFloat(352, value);
      Path path = save("a.nii", file);
      assertTrue(assertThrows(IOException.class,
          () -> Nifti.readLabels(path)).getMessage().contains("voxel 0"));
    }
  }

  @Test
  void hostileHeadersAreRefusedBeforeAnythingIsAllocated() throws IOException {
    refused("too big for the file", h -> h.putShort(42, (short) 30000).putShort(44, (short) 30000));
    refused("more voxels than an array", h -> {
      for (int d = 1; d <= 3; d++) {
        h.putShort(40 + 2 * d, (short) 32767);
      }
    });
    refused("negative size", h -> h.putShort(44, (short) -3));
    refused("zero size", h -> h.putShort(44, (short) 0));
    refused("four dimensions", h -> h.putShort(40, (short) 4).putShort(48, (short) 2));
    refused("a hundred dimensions", h -> h.putShort(40, (short) 100));
    refused("negative offset", h -> h.putFloat(108, -352));
    refused("offset not a number", h -> h.putFloat(108, Float.NaN));
    refused("offset beyond the end", h -> h.putFloat(108, 1e6f));
    refused("datatype RGB", h -> h.putShort(70, (short) 128));
    refused("pair of files", h -> h.put(345, (byte) 'i'));
    refused("no magic", h -> h.put(344, (byte) 0));
    refused("singular affine", h -> sform(h, new float[12]));
    refused("infinite affine", h -> sform(h, new float[] {1, 0, 0, Float.NaN, 0, 1, 0, 0, 0, 0, 1, 0}));
    refused("other header size", h -> h.putInt(0, 540));
  }

  private void refused(String name, Consumer<ByteBuffer> harm) throws IOException {
    ByteBuffer file = header(ByteOrder.LITTLE_ENDIAN, 4, 4, 4, 4, 352 + 128);
    harm.accept(file);
    Path path = save("a.nii", file);
    IOException e = assertThrows(IOException.class, () -> Nifti.readVolume(path), name);
    assertTrue(e.getMessage().contains("a.nii"), name + ": " + e.getMessage());
    assertThrows(IOException.class, () -> Nifti.readHeader(path), name);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 347, 351, 400, 479})
  void truncatedFilesAreRefused(int length) throws IOException {
    byte[] whole = header(ByteOrder.LITTLE_ENDIAN, 4, 4, 4, 4, 352 + 128).array();
    Path path = Files.write(folder.resolve("short.nii"), Arrays.copyOf(whole, length));
    assertTrue(assertThrows(IOException.class,
        () -> Nifti.readVolume(path)).getMessage().contains("short.nii"));
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(whole);
    }
    int cut = packed.size() * length / 490;
    Path zipped = Files.write(folder.resolve("short.nii.gz"), Arrays.copyOf(packed.toByteArray(), cut));
    assertThrows(IOException.class, () -> Nifti.readVolume(zipped));
  }

  @Test
  void aCompressedFileCantPromiseMoreThanDeflateCanHold() throws IOException {
    byte[] head = header(ByteOrder.LITTLE_ENDIAN, 4, 1000, 1000, 1000, 352).array();
    Path path = folder.resolve("bomb.nii.gz");
    try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(path))) {
      gzip.write(head);
    }
    assertTrue(assertThrows(IOException.class,
        () -> Nifti.readVolume(path)).getMessage().contains("promises"));
  }

  @Test
  void readingStopsAtThePromisedSize() throws IOException {
    Path path = folder.resolve("tail.nii.gz");
    try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(path))) {
      gzip.write(header(ByteOrder.LITTLE_ENDIAN, 2, 4, 4, 4, 352 + 64).array());
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 64; i++) {
        gzip.write(zeros);
      }
    }
    assertEquals(64, Nifti.readLabels(path).labels().length);
  }

  @Test
  void realCtAndLabelsLieOnOneGrid() throws IOException {
    Path item = SharedData.path("ct-labels/totalsegmentator-abdomen-pelvis-3mm");
    Volume ct = Nifti.readVolume(item.resolve("example_ct.nii.gz"));
    LabelVolume labels = Nifti.readLabels(item.resolve("example_seg_fast_force_split.nii.gz"));
    assertEquals(122 * 101 * 112, ct.grid().voxels());
    assertEquals(0, ct.grid().origin().minus(labels.grid().origin()).length(), 1e-3);
    assertEquals(44, meanHounsfield(ct, labels, 5), 3, "liver");
    assertEquals(12, meanHounsfield(ct, labels, 21), 3, "bladder");
    Vec3 liver = centre(labels, 5);
    Vec3 spleen = centre(labels, 1);
    assertTrue(liver.x() < spleen.x() - 50, "liver right (-x) of spleen: " + liver + " " + spleen);
    assertTrue(liver.z() > centre(labels, 21).z() + 100, "liver above the bladder");
  }

  @Test
  void realHeadAndNeckCasesAreRead() throws IOException {
    Path item = SharedData.path("ct-labels/openkbp-headneck-4mm");
    Volume ct = Nifti.readVolume(item.resolve("pt_1_ct.nii.gz"));
    LabelVolume labels = Nifti.readLabels(item.resolve("pt_1_labels.nii.gz"));
    assertEquals(128 * 128 * 128, ct.grid().voxels());
    assertEquals(ct.grid(), labels.grid());
    Vec3 right = centre(labels, 3);
    Vec3 left = centre(labels, 4);
    assertTrue(right.x() < left.x() - 40, "right parotid " + right + ", left " + left);
    assertTrue(meanHounsfield(ct, labels, 7) > 300, "mandible is bone");
  }

  private static double meanHounsfield(Volume ct, LabelVolume labels, int label) {
    long sum = 0;
    long count = 0;
    for (int i = 0; i < labels.labels().length; i++) {
      if ((labels.labels()[i] & 0xFF) == label) {
        sum += ct.hounsfield()[i];
        count++;
      }
    }
    return (double) sum / count;
  }

  private static Vec3 centre(LabelVolume labels, int label) {
    Grid g = labels.grid();
    Vec3 sum = Vec3.ZERO;
    int count = 0;
    for (int k = 0; k < g.nz(); k++) {
      for (int j = 0; j < g.ny(); j++) {
        for (int i = 0; i < g.nx(); i++) {
          if ((labels.labels()[g.index(i, j, k)] & 0xFF) == label) {
            sum = sum.plus(g.toPatient(i, j, k));
            count++;
          }
        }
      }
    }
    return sum.times(1.0 / count);
  }

  private Path save(String name, ByteBuffer file) throws IOException {
    return Files.write(folder.resolve(name), file.array());
  }

  private static ByteBuffer header(ByteOrder order, int datatype, int nx, int ny, int nz, int bytes) {
    ByteBuffer h = ByteBuffer.allocate(bytes).order(order);
    h.putInt(0, 348).putShort(40, (short) 3);
    h.putShort(42, (short) nx).putShort(44, (short) ny).putShort(46, (short) nz);
    h.putShort(70, (short) datatype).putFloat(76, 1).putFloat(108, 352);
    sform(h, new float[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0});
    return h.put(344, new byte[] {'n', '+', '1', 0});
  }

  private static void sform(ByteBuffer h, float[] rows) {
    h.putShort(254, (short) 1);
    for (int i = 0; i < 12; i++) {
      h.putFloat(280 + 4 * i, rows[i]);
    }
  }
}

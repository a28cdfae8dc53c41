package nmsw.dicom.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import nmsw.dicom.Command;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What OpenJPEG's encoder makes with all that a JPEG 2000 stream can be, which DICOM encoders hardly use. */
@Timeout(600)
class J2kIT {
  @TempDir Path folder;

  private record Image(int rows, int columns, int bits, boolean signed, int[] values) {
    static Image of(int rows, int columns, int bits, boolean signed) {
      Random random = new Random(rows * 7L + columns);
      int[] values = new int[rows * columns];
      int least = signed ? -1 << bits - 1 : 0;
      int range = 1 << bits;
      for (int i = 0; i < values.length; i++) {
        double wave = 0.5 + 0.4 * Math.sin(i % columns / 5.0) * Math.cos(i / columns / 8.0);
        double value = least + range * wave + random.nextGaussian() * range / 500;
        values[i] = (int) Math.max(least, Math.min(least + range - 1, random.nextInt(50) == 0 ? least : value));
      }
      return new Image(rows, columns, bits, signed, values);
    }

    /** Little endian, in one or two bytes. */
    byte[] raw() {
      int bytes = bits > 8 ? 2 : 1;
      byte[] raw = new byte[values.length * bytes];
      for (int i = 0; i < raw.length; i++) {
        raw[i] = (byte) (values[i / bytes] >> 8 * (i % bytes));
      }
      return raw;
    }

    FrameFormat format() {
      return new FrameFormat(rows, columns, bits > 8 ? 16 : 8);
    }
  }

  private static final List<Image> IMAGES =
      List.of(
          Image.of(97, 120, 16, false),
          Image.of(70, 61, 12, true),
          Image.of(64, 64, 8, false),
          Image.of(33, 130, 16, true));

  private byte[] encoded(Image image, String options) throws IOException, InterruptedException {
    Path raw = folder.resolve("image.rawl");
    Files.write(raw, image.raw());
    Path stream = folder.resolve("image.j2k");
    String format = image.columns + "," + image.rows + ",1," + image.bits + "," + (image.signed ? "s" : "u");
    List<Object> words = new ArrayList<>(List.of("opj_compress", "-i", raw, "-o", stream, "-F", format));
    if (!options.isEmpty()) {
      words.addAll(List.of((Object[]) options.split(" ")));
    }
    Command.run(words.toArray());
    return Files.readAllBytes(stream);
  }

  private static int[] decoded(byte[] stream, Image image) throws CodecException {
    Samples samples = Codec.JPEG_2000.decode(stream, image.format());
    assertTrue(samples.precision() == image.bits, () -> "precision " + samples.precision());
    return samples.values();
  }

  /** The values that the peer decodes. */
  private int[] theirs(Image image) throws IOException, InterruptedException {
    Path raw = folder.resolve("decoded.rawl");
    Command.run("opj_decompress", "-i", folder.resolve("image.j2k"), "-o", raw);
    byte[] bytes = Files.readAllBytes(raw);
    int[] values = new int[image.values.length];
    for (int i = 0; i < values.length; i++) {
      int value = bytes.length == values.length ? bytes[i] & 0xFF : bytes[2 * i] & 0xFF | bytes[2 * i + 1] << 8;
      int unused = Integer.SIZE - image.bits;
      values[i] = image.signed ? value << unused >> unused : value & 0xFFFF;
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-n 1",
        "-n 2 -b 16,8",
        "-b 4,256",
        "-p RLCP -r 20,6,1",
        "-p LRCP -r 20,10,4,2,1",
        "-p RPCL -n 3 -c [32,32],[16,16],[8,8] -r 8,1",
        "-p PCRL -n 3 -c [64,32],[32,32],[16,16] -r 8,1",
        "-p CPRL -n 4 -c [32,64],[16,32]",
        "-M 1 -r 6,1",
        "-M 2",
        "-M 4 -r 6,1",
        "-M 5",
        "-M 8",
        "-M 16",
        "-M 32",
        "-M 63 -b 32,32",
        "-SOP -EPH -p RPCL",
        "-t 33,20 -n 3",
        "-t 40,40 -TP R -n 3",
        "-PLT -TLM -t 50,50 -n 3",
        "-d 5,3",
        "-d 7,9 -t 30,30 -T 3,2 -n 3 -p PCRL -c [16,16]",
        "-d 1,0 -n 6"
      })
  void losslessIsTheSameToTheBit(String options) throws Exception {
    for (Image image : IMAGES) {
      assertArrayEquals(image.values, decoded(encoded(image, options), image), image.format() + " " + options);
    }
  }

  /** One step, and four of 16 bits where the transform is irreversible: see {@link PeersIT}. */
  @ParameterizedTest
  @ValueSource(strings = {"-r 10", "-r 30 -M 1", "-I -r 10", "-I -r 40,20,5 -p RPCL -n 4", "-I -t 37,41 -n 3", "-I -d 3,5 -M 4"})
  void lossyIsWhatThePeerDecodes(String options) throws Exception {
    for (Image image : IMAGES) {
      int[] ours = decoded(encoded(image, options), image);
      int[] theirs = theirs(image);
      int tolerance = options.contains("-I") && image.bits == 16 ? 4 : 1;
      for (int i = 0; i < ours.length; i++) {
        int at = i;
        assertTrue(
            Math.abs(ours[i] - theirs[i]) <= tolerance,
            () -> image.format() + " " + options + ": " + at + " is " + ours[at] + ", theirs " + theirs[at]);
      }
    }
  }

  @Test
  void imagesOfOneLine() throws Exception {
    for (Image image : List.of(Image.of(1, 75, 12, false), Image.of(75, 1, 16, true), Image.of(1, 1, 16, false))) {
      for (String options : List.of("-n 1", "-n 1 -d 1,1", "-n 1 -I")) {
        int[] ours = decoded(encoded(image, options), image);
        assertArrayEquals(options.contains("-I") ? theirs(image) : image.values, ours, image.format() + options);
      }
    }
  }

  /** Code-blocks that take the most memory for what is known of their samples. */
  @Test
  void codeBlocksAsNarrowAndAsLowAsTheyMayBe() throws Exception {
    Image narrow = Image.of(1100, 21, 12, true);
    assertArrayEquals(narrow.values, decoded(encoded(narrow, "-n 1 -b 4,1024"), narrow));
    Image low = Image.of(10, 1100, 12, true);
    assertArrayEquals(low.values, decoded(encoded(low, "-n 1 -b 1024,4"), low));
  }
}

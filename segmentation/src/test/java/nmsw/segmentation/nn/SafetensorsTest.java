package nmsw.segmentation.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import nmsw.segmentation.nn.Safetensors.Tensor;
import nmsw.segmentation.nn.Safetensors.Type;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Type.class)
  void whatIsWrittenIsReadInOrder(Type type) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("z.last", new Tensor(new Shape(2, 3), new float[] {0, -0f, 1.5f, -2.25f, 96, 1e-5f}));
    tensors.put("a", new Tensor(new Shape(1), new float[] {0.25f}));
    tensors.put("empty", new Tensor(new Shape(0), new float[0]));
    Path file = folder.resolve("w.safetensors");

    Safetensors.write(file, tensors, type);
    Map<String, Tensor> read = Safetensors.read(file);

    assertEquals(List.copyOf(tensors.keySet()), List.copyOf(read.keySet()));
    float tolerance = type == Type.F32 ? 0 : 1e-2f;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor actual = read.get(entry.getKey());
      assertEquals(entry.getValue().shape(), actual.shape());
      for (int i = 0; i < actual.values().length; i++) {
        float expected = entry.getValue().values()[i];
        assertEquals(expected, actual.values()[i], tolerance * Math.abs(expected) + 1e-8f * tolerance * 100);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0x3c00", "-2, 0xc000", "65504, 0x7bff", "65520, 0x7c00", "5.9604645e-8, 0x0001",
    "2.9802322e-8, 0x0000", "6.1035156e-5, 0x0400", "0.333251953125, 0x3555", "NaN, 0x7e00",
    "1.00048828125, 0x3c00", "1.00146484375, 0x3c02"
  })
  void halfPrecisionRoundsToNearestEven(float value, String bits) {
    assertEquals((short) Integer.decode(bits).intValue(), HalfFloat.of(value));
  }

  @Test
  void everyHalfPrecisionValueSurvives() {
    for (int bits = 0; bits < 65536; bits++) {
      float value = HalfFloat.toFloat((short) bits);
      if (!Float.isNaN(value)) {
        assertEquals((short) bits, HalfFloat.of(value), Integer.toHexString(bits));
      }
    }
  }

  @Test
  void bfloat16RoundsToNearestEven() {
    assertEquals((short) 0x3f80, HalfFloat.bfloat16(1f));
    assertEquals((short) 0x3f80, HalfFloat.bfloat16(Float.intBitsToFloat(0x3f808000)));
    assertEquals((short) 0x3f82, HalfFloat.bfloat16(Float.intBitsToFloat(0x3f818000)));
    assertEquals((short) 0x3f81, HalfFloat.bfloat16(Float.intBitsToFloat(0x3f808001)));
  }

  @Test
  void metadataIsIgnored() throws IOException {
    Path file =
        write(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            4);

    assertArrayEquals(new float[] {0}, Safetensors.read(file).get("a").values());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{} {}",
        "{\"a\":1}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}",
        "{\"__metadata__\":{\"a\":{\"b\":{\"c\":{\"d\":{}}}}},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,4],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[[[[2]]]]]]],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,99999999999999999999]}}"
      })
  void hostileHeadersAreRefusedWithTheFilesName(String header) throws IOException {
    Path file = write(header, 8);

    IOException refusal = assertThrows(IOException.class, () -> Safetensors.read(file));
    assertTrue(refusal.getMessage().contains(file.toString()), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 9, 1000, Long.MAX_VALUE})
  void hostileHeaderLengthsAreRefusedBeforeAllocation(long length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    Path file = Files.write(folder.resolve("bad.safetensors"), bytes.array());

    assertThrows(IOException.class, () -> Safetensors.read(file));
  }

  @Test
  void truncatedFileIsRefused() throws IOException {
    Path file = Files.write(folder.resolve("short.safetensors"), new byte[5]);

    assertThrows(IOException.class, () -> Safetensors.read(file));
  }

  @Test
  void foreignFilesMayHoldOtherTypesWhichAreNoWeights() throws IOException {
    Path file =
        write(
            "{\"index\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                + "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
            12);

    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      assertEquals(ElementType.I64, open.entries().get(0).type());
      assertArrayEquals(new float[] {0}, open.read(open.entries().get(0)));
    }
    IOException refusal = assertThrows(IOException.class, () -> Safetensors.read(file));
    assertTrue(refusal.getMessage().contains(file + ": tensor index"), refusal.getMessage());
  }

  private Path write(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    return Files.write(folder.resolve("t.safetensors"), bytes.array());
  }
}

package nmsw.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real series that DCMTK and GDCM compressed is the same volume. */
@Timeout(600)
class CompressedSeriesIT {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "dcmcrle, " + Uid.RLELossless,
    "dcmcjpeg +e1, " + Uid.JPEGLosslessSV1,
    "dcmcjpls, " + Uid.JPEGLSLossless,
    "gdcmconv --j2k, " + Uid.JPEG2000Lossless
  })
  void isTheSameVolume(String encoder, String syntax) throws Exception {
    List<Path> originals;
    try (Stream<Path> files = Files.list(SharedData.path("ct-series/slicer-ctheadaxial-64x64_93"))) {
      originals = files.sorted().toList();
    }
    List<Path> compressed = new ArrayList<>();
    for (Path original : originals) {
      Path into = folder.resolve(original.getFileName());
      List<String> command = new ArrayList<>(List.of(encoder.split(" ")));
      command.add(original.toString());
      command.add(into.toString());
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      assertTrue(process.waitFor(1, TimeUnit.MINUTES), encoder + " does not end");
      assertEquals(0, process.exitValue(), encoder);
      assertEquals(syntax, DicomReader.read(into).transferSyntax().uid());
      compressed.add(into);
    }
    CtSeries expected = CtSeriesReader.read(originals, GeometryRules.defaults());
    CtSeries series = CtSeriesReader.read(compressed, GeometryRules.defaults());
    assertEquals(93, expected.stack().size());
    assertEquals(expected.stack().size(), series.stack().size());
    for (int k = 0; k < expected.stack().size(); k++) {
      assertArrayEquals(expected.hounsfield().get(k), series.hounsfield().get(k), "slice " + k);
    }
  }
}

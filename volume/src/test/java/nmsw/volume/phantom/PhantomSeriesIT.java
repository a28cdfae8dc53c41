package nmsw.volume.phantom;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.volume.CtSeries;
import nmsw.volume.CtSeriesReader;
import nmsw.volume.GeometryRules;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Judges the written series with dicom3tools' {@code dciodvfy} and with our own reader. */
class PhantomSeriesIT {
  private final AbdomenPhantom phantom = new AbdomenPhantom(4);
  private final SliceStack axial = AbdomenPhantom.standardStack(67, 50, 18, 6.1, 6.7, 20);

  @Test
  void dciodvfyFindsNoError(@TempDir Path folder) throws Exception {
    List<Path> files = new ArrayList<>(PhantomSeries.write(folder.resolve("axial"), phantom, axial, 4));
    files.add(PhantomSeries.write(folder.resolve("oblique"), phantom, oblique(), -4).get(3));
    for (ScanOption option : List.of(
        ScanOption.FEET_FIRST, ScanOption.CORONAL, ScanOption.TILTED, ScanOption.RESCALED_BY_SLICE, ScanOption.PADDED,
        ScanOption.SIGNED, ScanOption.TWO_PHASES, ScanOption.ENHANCED)) {
      Set<ScanOption> options = Set.of(option);
      SliceStack planes = PhantomSeries.planes(axial, options);
      files.add(PhantomSeries.write(folder.resolve(option.toString()), phantom, planes, 4, options).get(0));
    }
    for (Path file : Stream.of(0, 9, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26).map(files::get).toList()) {
      Process process = new ProcessBuilder("dciodvfy", file.toString()).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      assertFalse(said.contains("Error"), file + ": " + said);
    }
  }

  @Test
  void readsBackAsTheSameStackAndPixels(@TempDir Path folder) throws Exception {
    List<Path> files = PhantomSeries.write(folder, phantom, axial, 4);
    assertEquals("IMG00001.dcm", files.get(0).getFileName().toString());
    CtSeries series = CtSeriesReader.read(files, GeometryRules.defaults());
    SliceStack expected = PhantomSeries.identified(axial, 4);
    assertEquals(expected.size(), series.stack().size());
    assertEquals(expected.columnSpacing(), series.stack().columnSpacing(), 1e-9);
    assertEquals(expected.rowSpacing(), series.stack().rowSpacing(), 1e-9);
    for (int k = 0; k < expected.size(); k++) {
      assertEquals(expected.slices().get(k).sopInstanceUid(), series.stack().slices().get(k).sopInstanceUid());
      assertEquals(0, expected.slices().get(k).position().minus(series.stack().slices().get(k).position()).length(), 1e-6);
      assertArrayEquals(phantom.hounsfield(axial, k), series.hounsfield().get(k), "slice " + k);
    }
  }

  @Test
  void theSameCallGivesTheSameBytesAndAnotherGeometryOtherUids(@TempDir Path folder) throws Exception {
    Path first = PhantomSeries.write(folder.resolve("a"), phantom, axial, 4).get(5);
    Path again = PhantomSeries.write(folder.resolve("b"), phantom, axial, 4).get(5);
    assertEquals(-1, Files.mismatch(first, again));
    assertNotEquals(
        PhantomSeries.identified(axial, 4).slices().get(0).sopInstanceUid(),
        PhantomSeries.identified(AbdomenPhantom.standardStack(67, 50, 18, 6.1, 6.6, 20), 4)
            .slices().get(0).sopInstanceUid());
  }

  @Test
  void truthIsTheLabelsOfTheSlices(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("truth.nii.gz");
    PhantomSeries.writeTruth(file, phantom, axial);
    LabelVolume truth = Nifti.readLabels(file);
    List<byte[]> slices = phantom.labels(axial).labels();
    int pixels = axial.columns() * axial.rows();
    for (int k = 0; k < axial.size(); k++) {
      byte[] read = java.util.Arrays.copyOfRange(truth.labels(), k * pixels, (k + 1) * pixels);
      assertArrayEquals(slices.get(k), read, "slice " + k);
    }
    assertEquals(0, truth.grid().origin().minus(axial.slices().get(0).position()).length(), 1e-3);
  }

  private static SliceStack oblique() {
    double c = Math.sqrt(0.5);
    List<SliceStack.Slice> slices = new ArrayList<>();
    for (int k = 0; k < 17; k++) {
      Vec3 position = new Vec3(-150, -100 * c + 8 * k * c, 100 * c + 8 * k * c);
      slices.add(new SliceStack.Slice("1." + k, "1.2", 1, k + 1, position));
    }
    return new SliceStack(50, 40, 6, 5, new Vec3(1, 0, 0), new Vec3(0, c, -c), slices);
  }
}

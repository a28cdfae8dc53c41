package nmsw.seg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other people's programs judge the report and the picture: dicom3tools, DCMTK, pydicom with numpy. */
class ReportIT {
  private static final CtFixture CT = new CtFixture(60, 50, 8, "1.5", "0.8", CtFixture.SAGITTAL);

  @TempDir Path folder;
  private final MeasuredSeries series = MeasuredSeries.of(CT, CT.boxes(), 3);

  @Test
  void dicom3toolsFindNoErrorAndDcmtkReadsTheDocument() throws Exception {
    Path report = write("report.dcm", series.report());
    assertNoError(PeerProgram.run("dciodvfy", report.toString()));
    assertNoError(PeerProgram.run("dciodvfy", write("nothing.dcm", empty().report()).toString()));
    List<String> entities = new ArrayList<>(List.of("dcentvfy", report.toString()));
    entities.add(write("seg.dcm", series.segmentation().dataset().orElseThrow()).toString());
    entities.add(write("picture.dcm", SecondaryCaptureTest.write(picture())).toString());
    entities.addAll(images());
    assertNoError(PeerProgram.run(entities.toArray(String[]::new)));

    String text = PeerProgram.run("dsrdump", "+Pc", report.toString());
    assertTrue(text.contains("<CONTAINER:(126000,DCM,\"Imaging Measurement Report\")=SEPARATE>"), text);
    assertTrue(text.contains("CODE:(113197003,SCT,\"Rib\")=(260415000,SCT,\"Not detected\")>"), text);
    String xml = PeerProgram.run("dsr2xml", report.toString());
    assertTrue(xml.contains("kidney_right") && !xml.contains("E: ") && !xml.contains("W: "), xml);
  }

  private MeasuredSeries empty() {
    List<byte[]> blank = CT.boxes().labels().stream().map(slice -> new byte[slice.length]).toList();
    return MeasuredSeries.of(CT, new nmsw.volume.SliceLabels(CT.stack(), blank), 3);
  }

  @Test
  void numpyComputesTheSameNumbers() throws Exception {
    List<String> files = new ArrayList<>();
    files.add(write("report.dcm", series.report()).toString());
    files.add(write("seg.dcm", series.segmentation().dataset().orElseThrow()).toString());
    files.addAll(images());
    List<String> expected = new ArrayList<>();
    CtFixture.TABLE.classes().stream()
        .filter(organ -> !series.statistics().region(organ.index()).isEmpty())
        .forEach(o -> expected.add(o.name() + " " + series.statistics().region(o.index()).pixels()));
    assertEquals(3, expected.size());
    assertEquals(expected, PeerProgram.python("check_report.py", files.toArray(String[]::new)).lines().toList());
  }

  /** Of a paired body part the side has to be told, if need be as unknown; an unpaired one has none. */
  @Test
  void dicom3toolsFindNoErrorInAPictureOfAnyBodyPart() throws Exception {
    for (String part : List.of("BREAST", "KNEE", "ABDOMEN", "CHEST", "HEAD", "PELVIS")) {
      Dataset header = CT.slice(0).putString(Tag.BodyPartExamined, part);
      assertNoError(
          PeerProgram.run("dciodvfy", write("part.dcm", SecondaryCaptureTest.write(picture(), header)).toString()));
    }
  }

  @Test
  void dcmtkShowsThePicture() throws Exception {
    Path capture = write("picture.dcm", SecondaryCaptureTest.write(picture()));
    assertNoError(PeerProgram.run("dciodvfy", capture.toString()));
    Path png = folder.resolve("picture.png");
    PeerProgram.run("dcmj2pnm", "--write-png", capture.toString(), png.toString());
    BufferedImage shown = ImageIO.read(png.toFile());
    BufferedImage drawn = picture();
    for (int y = 0; y < drawn.getHeight(); y++) {
      for (int x = 0; x < drawn.getWidth(); x++) {
        assertEquals(drawn.getRGB(x, y), shown.getRGB(x, y), x + " " + y);
      }
    }
  }

  private static BufferedImage picture() {
    BufferedImage picture = new BufferedImage(61, 33, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.setColor(new Color(40, 140, 200));
    g.fillRect(10, 5, 20, 20);
    g.setColor(Color.ORANGE);
    g.fillOval(30, 10, 25, 15);
    g.dispose();
    return picture;
  }

  private List<String> images() throws IOException {
    List<String> files = new ArrayList<>();
    for (int k = 0; k < CT.slices(); k++) {
      files.add(write("ct" + k + ".dcm", series.slice(k)).toString());
    }
    return files;
  }

  private Path write(String name, Dataset dataset) throws IOException {
    Path file = folder.resolve(name);
    DicomWriter.writeFile(file, dataset, TransferSyntax.EXPLICIT_LE);
    return file;
  }

  private static void assertNoError(String report) {
    assertTrue(report.lines().noneMatch(line -> line.startsWith("Error")), report);
  }
}

package nmsw.scp.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import nmsw.scp.Series;
import nmsw.scp.config.Effort;
import nmsw.scp.config.Route;
import nmsw.scp.config.RouteAttribute;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTest {
  private static final SeriesFacts ABDOMEN =
      new SeriesFacts(
          "NMSW",
          "CT1",
          120,
          Map.of(
              RouteAttribute.BODY_PART, List.of("ABDOMEN"),
              RouteAttribute.IMAGE_TYPE, List.of("ORIGINAL", "PRIMARY", "AXIAL"),
              RouteAttribute.KERNEL, List.of("Br40d")),
          OptionalDouble.of(2.5));

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "BODY_PART, ABDOMEN, true",
    "BODY_PART, abd*, true",
    "BODY_PART, ABD, false",
    "BODY_PART, ?BDOMEN, true",
    "BODY_PART, *N*, true",
    "BODY_PART, A.DOMEN, false",
    "BODY_PART, CHEST|ABDOMEN, true",
    "BODY_PART, CHEST|HEAD, false",
    "IMAGE_TYPE, AXIAL, true",
    "IMAGE_TYPE, LOCALIZER, false",
    "KERNEL, br4*, true",
    "PROTOCOL, *, false"
  })
  void oneValueMustMatchOnePattern(RouteAttribute attribute, String patterns, boolean expected) {
    Route.Conditions conditions =
        conditions("", "", Map.of(attribute, List.of(patterns.split("\\|"))), -1, -1, 0);
    assertEquals(expected, ABDOMEN.unmet(conditions).isEmpty(), ABDOMEN.unmet(conditions).orElse("takes it"));
  }

  @Test
  void saysInWordsWhichConditionIsNotMet() {
    assertEquals("it was sent to NMSW, not SEG2", unmet(conditions("SEG2", "", Map.of(), -1, -1, 0)));
    assertEquals("it came from CT1, not CT2", unmet(conditions("NMSW", "CT2", Map.of(), -1, -1, 0)));
    assertEquals(
        "bodyPart is 'ABDOMEN', not 'HEAD' or 'NECK*'",
        unmet(conditions("", "", Map.of(RouteAttribute.BODY_PART, List.of("HEAD", "NECK*")), -1, -1, 0)));
    assertEquals(
        "protocol is absent, not 'Liver*'",
        unmet(conditions("", "", Map.of(RouteAttribute.PROTOCOL, List.of("Liver*")), -1, -1, 0)));
    assertEquals("it has 120 slices, fewer than 200", unmet(conditions("", "", Map.of(), -1, -1, 200)));
    assertEquals("its slices of 2.5 mm are thicker than 2.0 mm", unmet(conditions("", "", Map.of(), -1, 2, 0)));
    assertEquals("its slices of 2.5 mm are thinner than 3.0 mm", unmet(conditions("", "", Map.of(), 3, -1, 0)));
    SeriesFacts unknown = new SeriesFacts("NMSW", "CT1", 1, Map.of(), OptionalDouble.empty());
    assertEquals(
        Optional.of("its slice thickness is not known"), unknown.unmet(conditions("", "", Map.of(), -1, 5, 0)));
    assertTrue(ABDOMEN.unmet(conditions("NMSW", "CT1", Map.of(), 2.5, 2.5, 120)).isEmpty());
  }

  @Test
  void whatMostObjectsSayCounts() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Dataset slice : Series.ct(5)) {
      boolean localizer = files.isEmpty();
      slice.putString(Tag.ImageType, "ORIGINAL", "PRIMARY", localizer ? "LOCALIZER" : "AXIAL");
      slice.putString(Tag.BodyPartExamined, localizer ? "CHEST" : " ABDOMEN");
      slice.putString(Tag.SliceThickness, localizer ? "1" : "5.0");
      Path file = folder.resolve(files.size() + ".dcm");
      DicomWriter.writeFile(file, slice, TransferSyntax.EXPLICIT_LE);
      files.add(file);
    }
    SeriesFacts facts = SeriesFacts.of("NMSW", "CT1", files);
    assertEquals(5, facts.slices());
    assertEquals(List.of("ORIGINAL", "PRIMARY", "AXIAL"), facts.values().get(RouteAttribute.IMAGE_TYPE));
    assertEquals(List.of("ABDOMEN"), facts.values().get(RouteAttribute.BODY_PART));
    assertEquals(List.of(), facts.values().get(RouteAttribute.PROTOCOL));
    assertEquals(OptionalDouble.of(5), facts.sliceThickness());
  }

  @Test
  void everyFrameIsASlice() throws IOException {
    Path file = folder.resolve("enhanced.dcm");
    Dataset enhanced = Series.slice(Series.UID, 0).putString(Tag.NumberOfFrames, "40");
    DicomWriter.writeFile(file, enhanced, TransferSyntax.EXPLICIT_LE);
    assertEquals(40, SeriesFacts.of("NMSW", "CT1", List.of(file)).slices());
  }

  @Test
  void theFunctionalGroupsOfAnEnhancedObjectCount() throws IOException {
    Path file = folder.resolve("enhanced.dcm");
    Dataset enhanced =
        Series.slice(Series.UID, 0)
            .putString(Tag.SOPClassUID, Uid.EnhancedCTImageStorage)
            .putString(Tag.NumberOfFrames, "3")
            .putString(Tag.BodyPartExamined, "ABDOMEN")
            .putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "VOLUME", "MIXED");
    enhanced.remove(Tag.SliceThickness);
    Dataset shared =
        new Dataset()
            .putItems(Tag.PixelMeasuresSequence, List.of(new Dataset().putString(Tag.SliceThickness, "0.75")))
            .putItems(Tag.CTReconstructionSequence, List.of(new Dataset().putString(Tag.ConvolutionKernel, "Br40d", "3")));
    enhanced.putItems(Tag.SharedFunctionalGroupsSequence, List.of(shared));
    enhanced.putItems(
        Tag.PerFrameFunctionalGroupsSequence, List.of(frame("LOCALIZER"), frame("AXIAL"), frame("AXIAL")));
    DicomWriter.writeFile(file, enhanced, TransferSyntax.EXPLICIT_LE);
    Path localizer = folder.resolve("localizer.dcm");
    DicomWriter.writeFile(
        localizer, Series.slice(Series.UID, 1).putString(Tag.ConvolutionKernel, "T20s"), TransferSyntax.EXPLICIT_LE);

    SeriesFacts facts = SeriesFacts.of("NMSW", "CT1", List.of(localizer, file));
    assertEquals(4, facts.slices());
    assertEquals(OptionalDouble.of(0.75), facts.sliceThickness());
    assertEquals(List.of("Br40d", "3"), facts.values().get(RouteAttribute.KERNEL));
    assertEquals(List.of("ORIGINAL", "PRIMARY", "AXIAL"), facts.values().get(RouteAttribute.IMAGE_TYPE));
    assertEquals(List.of("ABDOMEN"), facts.values().get(RouteAttribute.BODY_PART));

    enhanced.putString(Tag.NumberOfFrames, "7");
    DicomWriter.writeFile(file, enhanced, TransferSyntax.EXPLICIT_LE);
    assertEquals(List.of(), SeriesFacts.of("NMSW", "CT1", List.of(file)).values().get(RouteAttribute.KERNEL));
  }

  private static Dataset frame(String flavor) {
    Dataset type = new Dataset().putString(Tag.FrameType, "ORIGINAL", "PRIMARY", flavor);
    return new Dataset().putItems(Tag.CTImageFrameTypeSequence, List.of(type));
  }

  @Test
  void aRuleMayWantAnotherEffort() {
    SelectionRequest usual = new SelectionRequest(SelectionRequest.Kind.TOP_K, Optional.of(8), 7);
    assertEquals(usual, Effort.USUAL.selection(usual));
    assertEquals("", Effort.USUAL.inWords());
    Effort fewer = new Effort(Optional.empty(), Optional.of(2), Optional.of(PrecisionRequest.F32));
    assertEquals(new SelectionRequest(SelectionRequest.Kind.TOP_K, Optional.of(2), 7), fewer.selection(usual));
    assertEquals("k 2, precision f32", fewer.inWords());
    Effort other = new Effort(Optional.of(SelectionRequest.Kind.MARGINAL_GAIN), Optional.empty(), Optional.empty());
    assertEquals(
        new SelectionRequest(SelectionRequest.Kind.MARGINAL_GAIN, Optional.empty(), 7), other.selection(usual));
  }

  private static String unmet(Route.Conditions conditions) {
    return ABDOMEN.unmet(conditions).orElse("takes it");
  }

  /** Empty and negative: not asked for. */
  private static Route.Conditions conditions(
      String called, String calling, Map<RouteAttribute, List<String>> attributes, double min, double max, int objects) {
    return new Route.Conditions(
        Optional.of(called).filter(title -> !title.isEmpty()),
        Optional.of(calling).filter(title -> !title.isEmpty()),
        attributes,
        min < 0 ? OptionalDouble.empty() : OptionalDouble.of(min),
        max < 0 ? OptionalDouble.empty() : OptionalDouble.of(max),
        objects);
  }
}

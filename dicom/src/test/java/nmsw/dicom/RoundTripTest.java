package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RoundTripTest {
  /** Standard elements of many VRs, so that Implicit VR gives the same VR back. */
  private static final List<Integer> VALUES =
      List.of(
          Tag.SpecificCharacterSet, Tag.SOPInstanceUID, Tag.PatientName, Tag.PatientAge, Tag.StudyDate,
          Tag.ImageComments, Tag.PixelSpacing, Tag.InstanceNumber, Tag.Rows, Tag.FrameIncrementPointer,
          Tag.RecommendedDisplayCIELabValue, Tag.RealWorldValueSlope, Tag.PixelData, Tag.TextValue,
              Tag.URNCodeValue,
          Tag.LongCodeValue, Tag.ExtendedOffsetTable, Tag.DoubleFloatPixelData, Tag.OverlayData,
              Tag.EncapsulatedDocument,
          Tag.TriangleStripSequence, Tag.SelectorSVValue, Tag.SelectorSLValue, 0x00090010, 0x00091001);

  private static final List<Integer> SEQUENCES =
      List.of(Tag.ContentSequence, Tag.SegmentSequence, Tag.PerFrameFunctionalGroupsSequence, 0x00091002);

  @Provide
  Arbitrary<Dataset> datasets() {
    return datasets(3);
  }

  private Arbitrary<Dataset> datasets(int depth) {
    Arbitrary<Element> values =
        Combinators.combine(Arbitraries.of(VALUES), Arbitraries.bytes().array(byte[].class).ofMaxSize(40))
            .as(
                (tag, bytes) ->
                    Dictionary.vrOf(tag) == VR.SQ
                        ? Element.ofItems(tag, List.of())
                        : Element.of(tag, Dictionary.vrOf(tag), even(bytes)));
    Arbitrary<Element> elements = values;
    if (depth > 0) {
      Arbitrary<Element> sequences =
          Combinators.combine(
                  Arbitraries.of(SEQUENCES), Arbitraries.lazy(() -> datasets(depth - 1)).list().ofMaxSize(3))
              .as(Element::ofItems);
      elements =
          Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(3, values), net.jqwik.api.Tuple.of(1, sequences));
    }
    return elements.list().ofMaxSize(8).map(RoundTripTest::dataset);
  }

  private static Dataset dataset(List<Element> elements) {
    Dataset dataset = new Dataset();
    elements.forEach(dataset::put);
    return dataset;
  }

  private static byte[] even(byte[] bytes) {
    return bytes.length % 2 == 0 ? bytes : java.util.Arrays.copyOf(bytes, bytes.length + 1);
  }

  @Provide
  Arbitrary<TransferSyntax> syntaxes() {
    return Arbitraries.of(
        TransferSyntax.IMPLICIT_LE, TransferSyntax.EXPLICIT_LE, TransferSyntax.EXPLICIT_BE,
        TransferSyntax.DEFLATED_LE);
  }

  @Property(tries = 400)
  void datasetsSurviveEverySyntax(
      @ForAll("datasets") Dataset dataset, @ForAll("syntaxes") TransferSyntax ts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, dataset, ts);
    Dataset read =
        DicomReader.readDataset(new ByteArrayInputStream(out.toByteArray()), ts, ParseLimits.defaults());
    assertEquals(dataset, read);
  }

  @Property(tries = 500)
  void anyBytesAreReadOrRefused(@ForAll byte[] bytes, @ForAll("syntaxes") TransferSyntax ts) throws IOException {
    try {
      DicomReader.readDataset(new ByteArrayInputStream(bytes), ts, ParseLimits.defaults());
    } catch (DicomException expected) {
      assertEquals(false, expected.getMessage().isEmpty());
    }
  }

  @Property(tries = 200)
  void damagedDatasetsAreReadOrRefused(
      @ForAll("datasets") Dataset dataset,
      @ForAll("syntaxes") TransferSyntax ts,
      @ForAll int where,
      @ForAll byte what)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, dataset, ts);
    byte[] bytes = out.toByteArray();
    if (bytes.length > 0) {
      bytes[Math.floorMod(where, bytes.length)] = what;
    }
    anyBytesAreReadOrRefused(bytes, ts);
  }
}

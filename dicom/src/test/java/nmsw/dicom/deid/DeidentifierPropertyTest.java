package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Dictionary;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.VR;

/** A secret in any attribute of the table, or in any private one, at any depth, whatever its VR, is gone. */
class DeidentifierPropertyTest {
  private static final String SECRET = "Geheim^Name";
  private static final List<VR> VRS = List.of(VR.PN, VR.LO, VR.UN, VR.OB, VR.UI, VR.DA, VR.CS, VR.UT);
  private static final List<Integer> CONTAINERS =
      List.of(
          Tag.ReferencedSeriesSequence, Tag.ContourImageSequence, Tag.SourceImageSequence,
          Tag.SharedFunctionalGroupsSequence, Tag.ReferencedImageSequence, Tag.ContentSequence);

  private final DeidentificationKey key;

  DeidentifierPropertyTest() throws IOException {
    Path folder = Files.createTempDirectory("key");
    Path file = folder.resolve("key");
    key = DeidentificationKey.readOrCreate(file);
    Files.delete(file);
    Files.delete(folder);
  }

  @Provide
  Arbitrary<Dataset> datasets() {
    return datasets(3);
  }

  private Arbitrary<Dataset> datasets(int depth) {
    List<Integer> tags = ConfidentialityTable.rows().stream().map(row -> row.tag()).toList();
    byte[] secret = SECRET.getBytes(StandardCharsets.US_ASCII);
    Arbitrary<Element> own =
        Arbitraries.of(tags)
            .filter(tag -> Dictionary.vrOf(tag) != VR.SQ)
            .map(tag -> Element.of(tag, Dictionary.vrOf(tag), secret));
    Arbitrary<Element> odd =
        Combinators.combine(Arbitraries.of(tags), Arbitraries.of(VRS))
            .as((tag, vr) -> Element.of(tag, vr, secret));
    Arbitrary<Element> hidden =
        Combinators.combine(Arbitraries.integers().between(0x10, 0xFFFF), Arbitraries.of(VRS))
            .as((number, vr) -> Element.of(0x00290000 | number, vr, secret));
    Arbitrary<Element> elements =
        depth == 0
            ? Arbitraries.oneOf(own, odd, hidden)
            : Arbitraries.frequencyOf(
                Tuple.of(3, own),
                Tuple.of(1, odd),
                Tuple.of(1, hidden),
                Tuple.of(
                    2,
                    Combinators.combine(
                            Arbitraries.of(CONTAINERS),
                            Arbitraries.lazy(() -> datasets(depth - 1)).list().ofMaxSize(2))
                        .as(Element::ofItems)));
    return elements.list().ofMinSize(1).ofMaxSize(8).map(DeidentifierPropertyTest::dataset);
  }

  private static Dataset dataset(List<Element> elements) {
    Dataset dataset = new Dataset();
    elements.forEach(dataset::put);
    return dataset;
  }

  @Property(tries = 500)
  void noSecretIsWritten(
      @ForAll("datasets") Dataset dataset, @ForAll boolean dates, @ForAll boolean descriptors)
      throws Exception {
    dataset.remove(Tag.EncapsulatedDocument).remove(Tag.PixelDataProviderURL); // refused
    DeidentificationOptions options =
        new DeidentificationOptions(dates, descriptors, Set.of(), false, Set.of());
    DeidentifiedObject result = new Deidentifier(key, options).apply(dataset);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, result.dataset(), TransferSyntax.EXPLICIT_LE);
    String written = out.toString(StandardCharsets.ISO_8859_1);
    assertFalse(written.contains("Geheim"), () -> "survived: " + result.report());
    assertTrue(written.contains("113100"));
  }
}

package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import nmsw.dicom.Command;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomFile;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Dictionary;
import nmsw.dicom.Element;
import nmsw.dicom.SharedData;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.VR;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Objects of real scanners and tools: what identified the patient is nowhere in the bytes that are written,
 * and other people's programs read the outcome.
 */
@Timeout(900)
class DeidentifiedFilesIT {
  private static final DeidentificationOptions DATES_AND_DEVICES =
      new DeidentificationOptions(true, false, Set.of(), true, Set.of());
  private static final DeidentificationOptions ALL =
      new DeidentificationOptions(true, true, Set.of(), true, Set.of());

  /** Values that say nothing: too short to be found by accident, or in use everywhere. */
  private static final int SHORTEST = 5;

  @TempDir Path folder;
  private DeidentificationKey key;

  @BeforeEach
  void makeKey() throws Exception {
    key = DeidentificationKeyTest.in(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "ct-series/acrin-flt-breast-013_thorax_Siemens_49, 49",
    "ct-series/acrin-013_coronal-reformat_16, 16",
    "ct-series/cptac-pda-C3L-00189_lungbases-abdomen_GE_35, 35",
    "ct-series/tcga-single-slices_16, 16",
    "rtstruct/ibsi-validation_STS_019_ct+rtstruct, 48",
    "rtstruct/dicompyler-core_ct+rtss, 2"
  })
  void nothingThatIdentifiesIsLeft(String archive, int count) throws Exception {
    int objects = 0;
    int secrets = 0;
    for (Path path : SharedData.unpack(archive + ".tar.bz2", folder)) {
      if (path.toString().endsWith(".dcm") || archive.startsWith("ct-series")) {
        secrets += assertNothingLeft(path);
        objects++;
      }
    }
    assertEquals(count, objects);
    assertTrue(secrets > 10 * objects, secrets + " values were looked for");
  }

  @ParameterizedTest
  @ValueSource(strings = {"seg/dcmqi", "seg/highdicom", "rtstruct/rt-utils"})
  void nothingThatIdentifiesIsLeftInDerivedObjects(String name) throws Exception {
    int objects = 0;
    for (Path path : SharedData.files(SharedData.folder().resolve(name))) {
      if (!path.toString().endsWith(".dcm")) {
        continue;
      }
      try {
        assertNothingLeft(path);
        objects++;
      } catch (DicomException e) {
        assertTrue(e.getMessage().contains("can't be de-identified"), e.getMessage());
      }
    }
    assertTrue(objects > 1, objects + " objects");
  }

  private int assertNothingLeft(Path path) throws IOException {
    Dataset original = DicomReader.read(path).dataset();
    int secrets = assertNothingLeft(path, original, DeidentificationOptions.BASIC);
    return secrets + assertNothingLeft(path, original, DATES_AND_DEVICES);
  }

  /** How many values were looked for. */
  private int assertNothingLeft(Path path, Dataset original, DeidentificationOptions options)
      throws IOException {
    Dataset result = new Deidentifier(key, options).apply(original).dataset();
    Set<String> harmless = new HashSet<>();
    Set<String> secrets = new TreeSet<>();
    collect(original, options, secrets, harmless);
    String written = written(result);
    // Among the 39 digits of hundreds of new UIDs any time of day may stand by chance.
    String withoutNewUids = written.replaceAll("2\\.25\\.\\d+", "");
    for (String secret : secrets) {
      if (harmless.stream().noneMatch(text -> text.contains(secret))) {
        String searched = secret.matches("[\\d.]{1,20}") ? withoutNewUids : written;
        assertFalse(searched.contains(secret), () -> path + " still has '" + secret + "'");
      }
    }
    // Whatever else looks alike, but for tools that give the series number to the patient too.
    for (int tag : List.of(Tag.PatientName, Tag.PatientID, Tag.AccessionNumber, Tag.StudyInstanceUID)) {
      original
          .string(tag)
          .filter(value -> value.length() >= SHORTEST && !harmless.contains(value))
          .ifPresent(value -> assertFalse(written.contains(value), path + " " + Tag.describe(tag)));
    }
    return secrets.size();
  }

  private static String written(Dataset result) throws IOException {
    Dataset header = new Dataset().putAll(result).remove(Tag.PixelData);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    DicomWriter.writeDataset(out, header, TransferSyntax.EXPLICIT_LE);
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  /** Texts of the table's and of private attributes, and texts of the others, which stay. */
  private static void collect(
      Dataset dataset, DeidentificationOptions options, Set<String> secrets, Set<String> harmless) {
    for (Element element : dataset) {
      int tag = element.tag();
      boolean stays =
          !Tag.isPrivate(tag)
              && Dictionary.lookup(tag) != null
              && ConfidentialityTable.row(tag)
                  .map(row -> options.retainDeviceIdentity() && row.device().equals("K")
                      || options.modifiedDates() && Dictionary.vrOf(tag) == VR.TM)
                  .orElse(true);
      if (element.vr().isText()) {
        for (String value : texts(element)) {
          if (stays) {
            harmless.add(value);
          } else if (value.length() >= SHORTEST && !value.matches("0[0.]*")) {
            secrets.add(value);
          }
        }
      }
      element.items().forEach(item -> collect(item, options, secrets, harmless));
    }
  }

  private static List<String> texts(Element element) {
    List<String> texts = new ArrayList<>();
    for (String value : new String(element.bytes(), StandardCharsets.ISO_8859_1).split("[\\\\\0]")) {
      texts.add(value.strip());
    }
    return texts;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "seg/dcmqi/liver.dcm",
        "rtstruct/rt-utils/rt.dcm",
        "rtstruct/rt-utils/ct_1.dcm",
        "odd/SignedCT.dcm",
        "transfer-syntax/cornerstone-ctimage/CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax"
            + "_1.2.840.10008.1.2.4.90.dcm"
      })
  void otherProgramsReadTheOutcome(String name) throws Exception {
    Path file = SharedData.folder().resolve(name);
    DicomFile read = DicomReader.read(file);
    Dataset result = new Deidentifier(key, ALL).apply(read.dataset()).dataset();
    Path ours = folder.resolve("ours.dcm");
    DicomWriter.writeFile(ours, result, read.transferSyntax());
    String dump = Command.run("dcmdump", "+L", ours);
    assertTrue(dump.contains("(0012,0062) CS [YES]"), dump);
    assertTrue(remarks(Command.run("dcmdump", "+L", file)).containsAll(remarks(dump)), dump);
    String pydicom =
        Command.run(
            "/usr/bin/python3", "-c",
            "import pydicom, sys; d = pydicom.dcmread(sys.argv[1]);"
                + " print(d.PatientID, d.PatientName, d.SOPInstanceUID, [c.CodeValue for c in"
                + " d.DeidentificationMethodCodeSequence])",
            ours);
    String pseudonym = result.string(Tag.PatientID).orElseThrow();
    assertEquals(
        pseudonym + " " + pseudonym + " " + result.string(Tag.SOPInstanceUID).orElseThrow()
            + " ['113100', '113105', '113107', '113109']",
        pydicom.strip());
  }

  private static List<String> remarks(String dump) {
    return dump.lines().filter(line -> line.matches("[WEF]: .*")).toList();
  }

  /** What dciodvfy says against the outcome it says against the original too. */
  @ParameterizedTest
  @ValueSource(strings = {"seg/dcmqi/liver.dcm", "rtstruct/rt-utils/ct_1.dcm", "odd/SignedCT.dcm"})
  void theOutcomeConformsAsTheOriginalDid(String name) throws Exception {
    Path file = SharedData.folder().resolve(name);
    DicomFile read = DicomReader.read(file);
    for (DeidentificationOptions options : List.of(DeidentificationOptions.BASIC, ALL)) {
      Path ours = folder.resolve("ours.dcm");
      DicomWriter.writeFile(
          ours, new Deidentifier(key, options).apply(read.dataset()).dataset(), read.transferSyntax());
      Set<String> errors = errors(ours);
      errors.removeAll(errors(file));
      assertEquals(Set.of(), errors);
    }
  }

  private Set<String> errors(Path file) throws IOException, InterruptedException {
    Path report = folder.resolve("report.txt");
    new ProcessBuilder("dciodvfy", file.toString())
        .redirectErrorStream(true)
        .redirectOutput(report.toFile())
        .start()
        .waitFor();
    Set<String> errors = new TreeSet<>();
    for (String line : Files.readString(report, StandardCharsets.ISO_8859_1).split("\n")) {
      if (line.startsWith("Error")) {
        errors.add(line);
      }
    }
    return errors;
  }

  @Test
  void capturesOfScreensAndLocalizersAreRefused() throws Exception {
    int refused = 0;
    int passed = 0;
    for (Path path :
        SharedData.unpack("ct-series/philips-phantom-study_tilt-18.5_localizer_summary_60.tar.bz2", folder)) {
      DicomFile file;
      try {
        file = DicomReader.read(path);
      } catch (DicomException e) {
        continue; // a DICOMDIR-like file
      }
      String type = file.dataset().strings(Tag.ImageType).toString();
      try {
        new Deidentifier(key, ALL).apply(file.dataset());
        passed++;
        assertTrue(type.contains("AXIAL") || type.equals("[]"), path + " " + type);
      } catch (DicomException e) {
        refused++;
        assertFalse(type.contains("AXIAL"), path + " " + e.getMessage());
      }
    }
    assertTrue(refused >= 4 && passed >= 54, refused + " refused, " + passed + " passed");
  }
}

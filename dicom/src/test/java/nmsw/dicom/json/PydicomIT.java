package nmsw.dicom.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nmsw.dicom.Command;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.DicomWriter;
import nmsw.dicom.Element;
import nmsw.dicom.ParseLimits;
import nmsw.dicom.SameElements;
import nmsw.dicom.SharedData;
import nmsw.dicom.Tag;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * pydicom reads our JSON and our text, and we its, of real files. None is big endian: pydicom puts pixel data of
 * such a file into JSON as they stand there.
 */
class PydicomIT {
  private static final List<String> REAL =
      List.of(
          "odd/SignedCT.dcm",
          "transfer-syntax/enhanced-ct-2frame/CT0012.explicit_little_endian.dcm",
          "transfer-syntax/cornerstone-ctimage/CTImage.dcm_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm",
          "seg/dcmqi/liver.dcm",
          "seg/dcmqi/partial_overlaps.dcm",
          "malformed/pydicom/nested_priv_SQ.dcm");

  /** Of every kind of character set, with a name that needs it. */
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("ISO_IR 100", "Müller^É"),
          Map.entry("ISO_IR 101", "Wałęsa"),
          Map.entry("ISO_IR 144", "Люкceмбypг"),
          Map.entry("ISO_IR 127", "قباني^لنزار"),
          Map.entry("ISO_IR 126", "Διονυσιος"),
          Map.entry("ISO_IR 138", "שרון^דבורה"),
          Map.entry("ISO_IR 148", "Çavuşoğlu"),
          Map.entry("ISO_IR 166", "นามสกุล"),
          Map.entry("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
          Map.entry("ISO_IR 192", "Wang^XiaoDong=王^小东"),
          Map.entry("GB18030", "Wang^XiaoDong=王^小东"),
          Map.entry("GBK", "Wang^XiaoDong=王^小东"),
          Map.entry("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
          Map.entry("ISO 2022 IR 13\\ISO 2022 IR 87", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
          Map.entry("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동"),
          Map.entry("\\ISO 2022 IR 58", "Zhang^XiaoDong=张^小东"),
          Map.entry("ISO 2022 IR 100\\ISO 2022 IR 126", "Éα^ü"));

  @TempDir Path folder;
  private final List<Dataset> originals = new ArrayList<>();

  @BeforeEach
  void theirSide() throws Exception {
    for (String file : REAL) {
      add(DicomReader.read(SharedData.folder().resolve(file)).dataset(), SharedData.folder().resolve(file));
    }
    for (String set : NAMES.keySet().stream().sorted().toList()) {
      Dataset dataset =
          new Dataset()
              .putString(Tag.SpecificCharacterSet, set)
              .putString(Tag.SOPClassUID, Uid.CTImageStorage)
              .putString(Tag.SOPInstanceUID, Uid.derived(set))
              .putString(Tag.PatientName, NAMES.get(set))
              .putString(Tag.ImageComments, "a\r\n" + NAMES.get(set).replaceAll("[=^]", " ") + "\r\nb");
      Path file = folder.resolve("set.tmp");
      DicomWriter.writeFile(file, dataset, TransferSyntax.EXPLICIT_LE);
      add(DicomReader.read(file).dataset(), file);
    }
    Command.run("/usr/bin/python3", "-W", "ignore", Path.of(PydicomIT.class.getResource("/interop.py").toURI()), folder);
  }

  private void add(Dataset dataset, Path file) throws IOException {
    String name = String.format("%02d", originals.size());
    originals.add(dataset);
    Files.copy(file, folder.resolve(name + ".dcm"));
    try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".json"))) {
      DicomJsonWriter.write(dataset, (path, element) -> bulk(name, path, element), out);
    }
  }

  private Optional<String> bulk(String name, String path, Element element) {
    if (element.bytes().length < 2000 || element.vr().isText()) {
      return Optional.empty();
    }
    String uri = name + "." + path.replace('/', '_') + ".ours.bulk";
    try {
      Files.write(folder.resolve(uri), element.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(uri);
  }

  @Test
  void theyReadOurJsonAndWeTheirs() throws IOException {
    int compared = 0;
    for (int i = 0; i < originals.size(); i++) {
      String name = String.format("%02d", i);
      Dataset ofOurJson = DicomReader.read(folder.resolve(name + ".theirs")).dataset();
      compared += SameElements.assertSame(originals.get(i), ofOurJson, name + " of our JSON");
      try (InputStream in = Files.newInputStream(folder.resolve(name + ".theirs.json"))) {
        Dataset ofTheirs =
            DicomJsonReader.read(
                in, ParseLimits.defaults(), (tag, vr, uri) -> Files.readAllBytes(folder.resolve(uri))).get(0);
        compared += SameElements.assertSame(originals.get(i), ofTheirs, name + " of their JSON");
      }
    }
    assertTrue(compared > 1500, compared + " elements compared");
  }

  @Test
  void theyReadOurCharacterSets() throws IOException {
    List<String> sets = NAMES.keySet().stream().sorted().toList();
    for (int i = 0; i < sets.size(); i++) {
      String text = Files.readString(folder.resolve(String.format("%02d.name.txt", REAL.size() + i)));
      String name = NAMES.get(sets.get(i));
      assertEquals(name + "\na\r\n" + name.replaceAll("[=^]", " ") + "\r\nb", SameElements.withoutEscape(text), sets.get(i));
    }
  }
}

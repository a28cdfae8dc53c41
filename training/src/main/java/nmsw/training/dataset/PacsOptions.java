package nmsw.training.dataset;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.deid.Deidentifier;
import nmsw.dicom.net.AeTitle;
import nmsw.dicom.net.QueryRetrieve;
import nmsw.dicom.net.RemoteAe;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that name an archive and the studies wanted of it. Complaints never repeat a key's value: it may be a name. */
final class PacsOptions {
  private static final int MAX_UID_FILE = 1 << 20;

  /** Matching keys of the study level (PS3.4 Table C.6-5). */
  private static final Map<String, Integer> KEYS =
      new TreeMap<>(
          Map.of(
              "StudyDate", Tag.StudyDate,
              "AccessionNumber", Tag.AccessionNumber,
              "PatientName", Tag.PatientName,
              "PatientID", Tag.PatientID,
              "StudyID", Tag.StudyID,
              "StudyInstanceUID", Tag.StudyInstanceUID,
              "ModalitiesInStudy", Tag.ModalitiesInStudy,
              "StudyDescription", Tag.StudyDescription,
              "ReferringPhysicianName", Tag.ReferringPhysicianName));

  static final class RemoteAeConverter implements ITypeConverter<RemoteAe> {
    @Override
    public RemoteAe convert(String value) {
      try {
        return RemoteAe.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static final class AeTitleConverter implements ITypeConverter<String> {
    @Override
    public String convert(String value) {
      try {
        return AeTitle.check(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(
      names = "--pacs",
      required = true,
      paramLabel = "AET@HOST:PORT",
      converter = RemoteAeConverter.class,
      description = "Archive that is asked for labelled CT studies, instead of a folder.")
  private RemoteAe remote;

  @Option(
      names = "--aet",
      paramLabel = "AET",
      converter = AeTitleConverter.class,
      description = "Our own AE title; default: ${DEFAULT-VALUE}.")
  private String aeTitle = "NMSW";

  @Option(
      names = "--query",
      paramLabel = "KEY=VALUE",
      description = "Studies that are wanted: PatientID=1234, StudyDate=20240101-20240331; several keys must all match.")
  private Map<String, String> query = new LinkedHashMap<>();

  @Option(
      names = "--study-uids",
      paramLabel = "FILE",
      description = "Studies that are wanted: a Study Instance UID a line.")
  private Path studyUids;

  @Option(
      names = "--retrieve",
      paramLabel = "METHOD",
      description = "get, or move: the archive then sends to our AE title at this host and --port, as it was set up to.")
  private Pacs.Method method = Pacs.Method.GET;

  @Option(names = "--port", paramLabel = "PORT", description = "Where objects are awaited with --retrieve move.")
  private int port = -1;

  @Option(
      names = "--max-studies",
      paramLabel = "N",
      description = "Studies that are looked at; default: ${DEFAULT-VALUE}.")
  private int maxStudies = 1000;

  @Option(
      names = "--max-gib",
      paramLabel = "GIB",
      description = "Most that is fetched; run again, the import goes on. Default: ${DEFAULT-VALUE}.")
  private double maxGib = 100;

  @Option(
      names = "--spool",
      paramLabel = "DIR",
      description = "Where studies lie until they are imported, one at a time; default: ${DEFAULT-VALUE}.")
  private Path spool = Path.of(System.getProperty("java.io.tmpdir"));

  /**
   * What is wrong with them, before anything is done.
   *
   * @throws IllegalArgumentException with what it is
   */
  void check() throws IOException {
    if (query.isEmpty() == (studyUids == null)) {
      throw new IllegalArgumentException("either --query or --study-uids says which studies are wanted");
    }
    if (method == Pacs.Method.MOVE && (port < 1 || port > 65535)) {
      throw new IllegalArgumentException("--port says where --retrieve move listens: 1 to 65535");
    }
    if (maxStudies < 1 || !(maxGib > 0)) {
      throw new IllegalArgumentException("--max-studies and --max-gib must be more than nothing");
    }
    if (!Files.isDirectory(spool)) {
      throw new IllegalArgumentException("--spool: " + spool + " is not a folder");
    }
    keys();
    if (studyUids != null) {
      listed();
    }
  }

  Path spool() {
    return spool;
  }

  /**
   * Imports what they name.
   *
   * @param out is told what was looked at and what was left
   * @throws IOException if the archive can't be asked, or files can't be written; cases so far are kept
   */
  StudyImport.Outcome run(
      StudyImport task, Deidentifier deidentifier, PrintWriter out, StudyImport.Progress progress)
      throws IOException {
    long maxBytes = (long) (maxGib * (1L << 30));
    try (RetrieveSpool into = RetrieveSpool.create(spool, maxBytes);
        Pacs pacs = open(into)) {
      List<String> studies = studyUids == null ? found(pacs, out) : listed();
      StudyImport.Outcome outcome = new PacsImport(pacs, into, deidentifier, task).run(studies, progress);
      out.printf("%d studies looked at, %d bytes fetched%n", studies.size(), into.bytes());
      if (!into.hasRoom()) {
        out.println("--max-gib is reached, studies may be left: run the import again");
      }
      return outcome;
    }
  }

  private Pacs open(RetrieveSpool into) throws IOException {
    return method == Pacs.Method.GET ? Pacs.get(remote, aeTitle, into) : Pacs.move(remote, aeTitle, into, port);
  }

  private List<String> found(Pacs pacs, PrintWriter out) throws IOException {
    try (QueryRetrieve association = pacs.connect()) {
      Pacs.Studies studies = Pacs.studies(association, keys(), maxStudies);
      if (!studies.all()) {
        out.printf(
            "more than %d studies match: the first are taken; narrow --query or raise --max-studies%n", maxStudies);
      }
      return studies.uids();
    }
  }

  /**
   * The query's matching keys.
   *
   * @throws IllegalArgumentException if one is no key, or has no value: it would match every patient
   */
  private Dataset keys() {
    Dataset keys = new Dataset();
    if (!query.values().stream().allMatch(value -> value.chars().allMatch(c -> c < 0x80))) {
      keys.putString(Tag.SpecificCharacterSet, "ISO_IR 192");
    }
    query.forEach(
        (key, value) -> {
          Integer tag = KEYS.get(key);
          if (tag == null) {
            throw new IllegalArgumentException("--query: " + LocalNames.printable(key) + " is none of " + KEYS.keySet());
          }
          if (value.isBlank() || value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("--query: " + key + " needs a value");
          }
          keys.putString(tag, value);
        });
    return keys;
  }

  /**
   * The studies of the file.
   *
   * @throws IllegalArgumentException if a line is no UID, or they are too many
   */
  private List<String> listed() throws IOException {
    if (!Files.isRegularFile(studyUids) || Files.size(studyUids) > MAX_UID_FILE) {
      throw new IllegalArgumentException(
          "--study-uids: " + studyUids + " is no file, or has more than " + MAX_UID_FILE + " bytes");
    }
    Set<String> uids = new LinkedHashSet<>();
    List<String> lines = Files.readAllLines(studyUids, StandardCharsets.ISO_8859_1);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !Uid.isValid(line)) {
        throw new IllegalArgumentException("--study-uids: line " + (i + 1) + " of " + studyUids + " is no UID");
      }
      if (!line.isEmpty()) {
        uids.add(line);
      }
    }
    if (uids.size() > maxStudies) {
      throw new IllegalArgumentException(
          "--study-uids: " + uids.size() + " studies are more than --max-studies " + maxStudies);
    }
    return new ArrayList<>(uids);
  }
}

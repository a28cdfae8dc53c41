package nmsw.training.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.deid.Deidentifier;

/**
 * A folder tree of DICOM objects, as a PACS exports or sends them: CT series, and the Segmentations and RT Structure Sets
 * that name them; or label maps {@code SeriesInstanceUID.nii.gz}. Files that are not DICOM, and objects of other types, are
 * passed over.
 */
record DicomFolder(Path folder, Deidentifier deidentifier) implements StudySource {
  static final Set<String> IMAGES = Set.of(Uid.CTImageStorage, Uid.EnhancedCTImageStorage);
  private static final int PREAMBLE_BYTES = 128;
  private static final String MAGIC = "DICM";
  static final Set<String> LABELS =
      Set.of(Uid.SegmentationStorage, Uid.LabelMapSegmentationStorage, Uid.RTStructureSetStorage);

  /** A CT series and what labels it. */
  private record Series(String studyUid, List<Path> files, List<Path> objects, List<Path> maps) {}

  /** A label object; the series that it names may be none. */
  private record LabelObject(Path file, String uid, String studyUid, Set<String> seriesUids) {}

  @Override
  public List<Study> studies() throws IOException {
    Map<String, Series> series = new TreeMap<>();
    List<LabelObject> objects = new ArrayList<>();
    List<Study> studies = new ArrayList<>();
    Map<String, List<Path>> maps = new TreeMap<>();
    for (Path file : files()) {
      String name = file.getFileName().toString();
      if (name.endsWith(".nii.gz") || name.endsWith(".nii")) {
        maps.computeIfAbsent(name.replaceFirst("\\.nii(\\.gz)?$", ""), uid -> new ArrayList<>()).add(file);
      } else {
        try {
          sort(file, series, objects);
        } catch (IOException e) {
          if (isDicom(file)) {
            studies.add(
                new RefusedStudy(
                    folder.relativize(file).toString(),
                    new CaseRefusal(CaseRefusal.Code.UNREADABLE, e.getMessage(), e)));
          }
        }
      }
    }
    for (LabelObject object : withoutCopies(objects)) {
      Optional<Series> labelled = labelled(object, series);
      if (labelled.isPresent()) {
        labelled.get().objects().add(object.file());
      } else {
        studies.add(
            new RefusedStudy(
                object.uid(),
                new CaseRefusal(CaseRefusal.Code.NO_IMAGE, object.file() + " labels a series that is not here")));
      }
    }
    for (Map.Entry<String, List<Path>> map : maps.entrySet()) {
      if (series.containsKey(map.getKey())) {
        series.get(map.getKey()).maps().addAll(map.getValue());
      } else {
        studies.add(
            new RefusedStudy(
                map.getKey(),
                new CaseRefusal(CaseRefusal.Code.NO_IMAGE, map.getValue().get(0) + " is named as no series here")));
      }
    }
    series.forEach(
        (uid, s) -> studies.add(new DicomStudy(uid, s.files(), s.objects(), s.maps(), deidentifier)));
    return studies;
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void sort(Path file, Map<String, Series> series, List<LabelObject> objects) throws IOException {
    Dataset header = DicomReader.readUntil(file, Tag.StudyID).dataset();
    String sopClass = header.string(Tag.SOPClassUID).orElse("");
    String study = header.string(Tag.StudyInstanceUID).orElse("");
    if (IMAGES.contains(sopClass)) {
      header
          .string(Tag.SeriesInstanceUID)
          .ifPresent(
              uid ->
                  series
                      .computeIfAbsent(
                          uid, u -> new Series(study, new ArrayList<>(), new ArrayList<>(), new ArrayList<>()))
                      .files()
                      .add(file));
    } else if (LABELS.contains(sopClass)) {
      String uid = header.string(Tag.SOPInstanceUID).orElse(file.toString());
      objects.add(new LabelObject(file, uid, study, namedSeries(file, sopClass, header)));
    }
  }

  /**
   * Whether a file that can't be read was meant to be DICOM (PS3.10 §7.1), as far as that can be told: a folder exported
   * from a PACS holds other files too, viewers, indexes, notes.
   */
  private static boolean isDicom(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      return true;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(PREAMBLE_BYTES + MAGIC.length());
      return start.length == PREAMBLE_BYTES + MAGIC.length()
          && MAGIC.equals(new String(start, PREAMBLE_BYTES, MAGIC.length(), StandardCharsets.US_ASCII));
    }
  }

  /** An object that was exported twice, the same to the byte, is one. */
  private static List<LabelObject> withoutCopies(List<LabelObject> objects) throws IOException {
    Map<String, LabelObject> byUid = new HashMap<>();
    List<LabelObject> distinct = new ArrayList<>();
    for (LabelObject object : objects) {
      LabelObject first = byUid.putIfAbsent(object.uid(), object);
      if (first == null || Files.mismatch(first.file(), object.file()) >= 0) {
        distinct.add(object);
      }
    }
    return distinct;
  }

  /** The series that a label object names; empty if it names none, or is no label object. */
  static Set<String> namedSeries(Path file) throws IOException {
    Dataset header = DicomReader.readUntil(file, Tag.StudyID).dataset();
    return namedSeries(file, header.string(Tag.SOPClassUID).orElse(""), header);
  }

  private static Set<String> namedSeries(Path file, String sopClass, Dataset header) throws IOException {
    Set<String> uids = new TreeSet<>();
    if (!sopClass.equals(Uid.RTStructureSetStorage)) {
      addSeries(header.items(Tag.ReferencedSeriesSequence), uids);
      return uids;
    }
    Dataset references = DicomReader.readUntil(file, Tag.StructureSetROISequence).dataset();
    for (Dataset frame : references.items(Tag.ReferencedFrameOfReferenceSequence)) {
      for (Dataset study : frame.items(Tag.RTReferencedStudySequence)) {
        addSeries(study.items(Tag.RTReferencedSeriesSequence), uids);
      }
    }
    return uids;
  }

  private static void addSeries(List<Dataset> items, Set<String> uids) {
    items.forEach(item -> item.string(Tag.SeriesInstanceUID).ifPresent(uids::add));
  }

  /** The series that an object names; where it names none, the only one of its study. */
  private static Optional<Series> labelled(LabelObject object, Map<String, Series> series) {
    List<Series> named = object.seriesUids().stream().filter(series::containsKey).map(series::get).toList();
    if (object.seriesUids().isEmpty()) {
      named = series.values().stream().filter(s -> s.studyUid().equals(object.studyUid())).toList();
    }
    return named.size() == 1 ? Optional.of(named.get(0)) : Optional.empty();
  }
}

package nmsw.scp.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import nmsw.dicom.DicomException;
import nmsw.dicom.DicomReader;
import nmsw.dicom.Tag;

/** Finds files in folders and sorts them by series. */
public final class DicomFiles {
  private DicomFiles() {}

  /** All regular files at or below the paths, sorted by name. */
  public static List<Path> under(Collection<Path> paths) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Path path : paths) {
      if (!Files.exists(path)) {
        throw new NoSuchFileException(path + " does not exist");
      }
      try (Stream<Path> files = Files.walk(path)) {
        files.filter(Files::isRegularFile).sorted().forEach(found::add);
      }
    }
    return found;
  }

  /** The DICOM files among the given by Series Instance UID; files that are not DICOM are left out. */
  public static Map<String, List<Path>> bySeries(List<Path> files) throws IOException {
    Map<String, List<Path>> series = new TreeMap<>();
    for (Path file : files) {
      try {
        DicomReader.readUntil(file, Tag.StudyID)
            .dataset()
            .string(Tag.SeriesInstanceUID)
            .ifPresent(uid -> series.computeIfAbsent(uid, u -> new ArrayList<>()).add(file));
      } catch (DicomException notDicom) {
        // A folder exported from a PACS holds other files too: viewers, indexes, notes.
      }
    }
    return series;
  }

  /** Deletes a folder and all below it; nothing happens if it is not there. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}

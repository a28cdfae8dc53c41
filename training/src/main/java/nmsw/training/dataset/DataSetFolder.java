package nmsw.training.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import nmsw.dicom.deid.DeidentificationKey;
import nmsw.volume.LabelTable;
import nmsw.volume.Nifti;

/**
 * A data set's folder while cases are added; one process at a time. A case's files are written first and its line in
 * {@code cases.csv} last, so that what is listed is whole. What the set was begun with stays: key, fractions, classes.
 */
final class DataSetFolder implements AutoCloseable {
  static final String CLASSES = "classes.csv";

  private static final String HEADER = "dataset.yaml";
  private static final String LOCK = ".lock";
  private static final String PREVIEWS = "previews";

  /**
   * @param key tells keys apart without telling the key
   */
  private record Header(int version, String key, List<Double> fractions) {}

  private final Path folder;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final List<CaseRow> rows = new ArrayList<>();
  private LabelTable table;
  private List<Double> fractions;

  private DataSetFolder(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.lockFile = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    this.lock = tryLock(lockFile);
    if (lock == null) {
      lockFile.close();
      throw new IOException(folder + ": another import is adding to this data set");
    }
  }

  private static FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /**
   * Opens a data set to add to it, or begins one.
   *
   * @param table its classes
   * @param fractions of its parts, in the order of {@link Part}; empty for those it was begun with
   * @param usual fractions of a new data set, where none are given
   * @throws IOException if it was begun otherwise, or another process adds to it
   */
  static DataSetFolder open(
      Path folder, DeidentificationKey key, LabelTable table, List<Double> fractions, List<Double> usual)
      throws IOException {
    DataSetFolder opened = new DataSetFolder(folder);
    try {
      opened.removeUnfinished();
      opened.begin(key, table, fractions, usual);
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  private void begin(DeidentificationKey key, LabelTable wanted, List<Double> given, List<Double> usual)
      throws IOException {
    table = wanted;
    String keyName = HexFormat.of().formatHex(key.hash("data set", "key"), 0, 8);
    Path file = folder.resolve(HEADER);
    if (!Files.exists(file)) {
      if (Files.exists(folder.resolve(CaseList.FILE))) {
        throw new IOException(folder + ": holds cases that were not imported; choose another folder");
      }
      fractions = given.isEmpty() ? usual : given;
      DurableFile.write(folder.resolve(CLASSES), table::write);
      String text = "version: 1\nkey: \"%s\"\nfractions: %s\n".formatted(keyName, fractions);
      DurableFile.write(file, temporary -> Files.writeString(temporary, text));
    }
    Header header = header(file);
    if (!header.key().equals(keyName)) {
      throw new IOException(
          folder + ": was begun with another key: pseudonyms and parts of the same patients would differ");
    }
    if (!given.isEmpty() && !given.equals(header.fractions())) {
      throw new IOException(
          folder + ": was begun with the fractions " + header.fractions() + "; leave --fractions out to keep them");
    }
    if (!LabelTable.read(folder.resolve(CLASSES)).equals(table)) {
      throw new IOException(folder + ": was begun with other classes, see " + folder.resolve(CLASSES));
    }
    fractions = header.fractions();
    if (Files.exists(folder.resolve(CaseList.FILE))) {
      rows.addAll(CaseList.read(folder.resolve(CaseList.FILE)));
    }
  }

  private static Header header(Path file) throws IOException {
    try {
      Header header = new ObjectMapper(new YAMLFactory()).readValue(file.toFile(), Header.class);
      if (header.version() != 1 || header.key() == null || header.fractions() == null) {
        throw new IOException(file + ": not of a data set that this program knows");
      }
      return header;
    } catch (JsonProcessingException e) {
      throw new IOException(file + ": " + e.getOriginalMessage(), e);
    }
  }

  /** What a process that was killed was about to write. */
  private void removeUnfinished() throws IOException {
    for (Path place : List.of(folder, folder.resolve(PREVIEWS))) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          for (Path file : files.filter(f -> f.getFileName().toString().startsWith(DurableFile.TEMPORARY)).toList()) {
            Files.delete(file);
          }
        }
      }
    }
  }

  List<CaseRow> rows() {
    return List.copyOf(rows);
  }

  LabelTable table() {
    return table;
  }

  List<Double> fractions() {
    return fractions;
  }

  /** Adds a case; on return it is durable. */
  void add(CaseRow row, LabelledStudy study, byte[] preview) throws IOException {
    DurableFile.write(
        StoredCases.image(folder, row.name()), temporary -> Nifti.write(temporary, study.image()));
    DurableFile.write(
        StoredCases.labels(folder, row.name()), temporary -> Nifti.write(temporary, study.labels()));
    Files.createDirectories(folder.resolve(PREVIEWS));
    DurableFile.write(preview(row.name()), temporary -> Files.write(temporary, preview));
    rows.add(row);
    CaseList.write(folder.resolve(CaseList.FILE), rows);
  }

  /** The PNG picture of a case. */
  Path preview(String name) {
    return folder.resolve(PREVIEWS).resolve(name + ".png");
  }

  @Override
  public void close() throws IOException {
    lock.release();
    lockFile.close();
  }
}

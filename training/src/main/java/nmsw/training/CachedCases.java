package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import nmsw.training.dataset.ContentHash;
import nmsw.training.dataset.LabelledVolume;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps prepared cases as files of a folder, made once and mapped into memory from then on: a run holds the case in hand
 * and no other, and processes that train from one folder share its pages. A file is named by the case and by all that it
 * depends on (source content, classes, spacing, window, version of the preparation), so one folder serves any number of
 * data sets and recipes, and a file that is out of date is not found. What is damaged is made again.
 */
final class CachedCases implements CaseSource {
  /** To be raised with every change of how a case is prepared. */
  private static final int PREPARATION = 1;

  private static final Logger LOG = LoggerFactory.getLogger(CachedCases.class);
  private static final int MAX_NAME = 60;

  private final CaseSource source;
  private final Path folder;
  private final Map<Integer, PreparedCaseFile> open = new ConcurrentHashMap<>();

  CachedCases(CaseSource source, Path folder) {
    this.source = source;
    this.folder = folder;
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public String id(int index) {
    return source.id(index);
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    return source.original(index);
  }

  @Override
  public String fingerprint(int index) throws IOException {
    return source.fingerprint(index);
  }

  @Override
  public Set<Integer> unannotated(int index) {
    return source.unannotated(index);
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    PreparedCaseFile file = open.get(index);
    if (file == null) {
      file = openOrMake(index);
      open.put(index, file);
    }
    return file.read(id(index), unannotated(index));
  }

  private PreparedCaseFile openOrMake(int index) throws IOException {
    String key = ContentHash.ofText(PREPARATION + " " + fingerprint(index));
    String name = id(index).substring(0, Math.min(MAX_NAME, id(index).length()));
    Path file = folder.resolve(name + "-" + key.substring(0, 16) + ".case");
    try {
      return PreparedCaseFile.open(file, key);
    } catch (NoSuchFileException notYetMade) {
      // Made below.
    } catch (IOException e) {
      LOG.warn("{}; the case is prepared again", e.getMessage());
    }
    Files.createDirectories(folder);
    PreparedCaseFile.write(file, key, source.load(index));
    return PreparedCaseFile.open(file, key);
  }
}

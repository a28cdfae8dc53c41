package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Volume;

/**
 * Cases of a data set, each as {@code NAME_ct.nii.gz} and {@code NAME_labels.nii.gz} on one grid.
 *
 * @param values label value in the files of class 1, 2, ...; other values become background
 */
record StoredCases(Path folder, List<CaseRow> rows, List<Integer> values) {
  static Path image(Path folder, String name) {
    return folder.resolve(name + "_ct.nii.gz");
  }

  static Path labels(Path folder, String name) {
    return folder.resolve(name + "_labels.nii.gz");
  }

  LabelledVolume read(int index) throws IOException {
    CaseRow row = rows.get(index);
    Volume image = Nifti.readVolume(image(folder, row.name()));
    LabelVolume stored = Nifti.readLabels(labels(folder, row.name()));
    requireSame(row, "voxels", row.ctSha256(), ContentHash.of(image));
    requireSame(row, "labels", row.labelsSha256(), ContentHash.of(stored));
    Set<Integer> unannotated = unannotated(index);
    byte[] classOf = new byte[256];
    for (int i = 0; i < values.size(); i++) {
      classOf[values.get(i)] = (byte) (unannotated.contains(i + 1) ? 0 : i + 1);
    }
    byte[] labels = new byte[stored.labels().length];
    for (int v = 0; v < labels.length; v++) {
      labels[v] = classOf[stored.labels()[v] & 0xff];
    }
    if (labels.length != image.hounsfield().length) {
      throw new IOException(row.name() + ": labels lie on another grid than the image");
    }
    return new LabelledVolume(row.name(), image, new LabelVolume(image.grid(), labels), unannotated);
  }

  /** The classes that nobody looked for; voxels that have their label nevertheless are background. */
  SortedSet<Integer> unannotated(int index) {
    SortedSet<Integer> classes = new TreeSet<>();
    for (int i = 0; i < values.size(); i++) {
      if (!rows.get(index).isAnnotated(values.get(i))) {
        classes.add(i + 1);
      }
    }
    return classes;
  }

  /** Names what the files hold; for a list without hashes by the files' own. */
  String contentHash(int index) throws IOException {
    CaseRow row = rows.get(index);
    if (!row.ctSha256().isEmpty() && !row.labelsSha256().isEmpty()) {
      return row.ctSha256() + " " + row.labelsSha256();
    }
    return ContentHash.ofFile(image(folder, row.name())) + " " + ContentHash.ofFile(labels(folder, row.name()));
  }

  private static void requireSame(CaseRow row, String what, String listed, String found) throws IOException {
    if (!listed.isEmpty() && !listed.equals(found)) {
      throw new IOException(
          row.name() + ": the " + what + " differ from what was imported; delete the case from " + CaseList.FILE
              + " and import it again");
    }
  }
}

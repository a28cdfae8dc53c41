package nmsw.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.ModelGrid;
import nmsw.volume.Nifti;
import nmsw.volume.Resampler;
import nmsw.volume.Vec3;
import nmsw.volume.Volume;

/**
 * Cases of a folder: {@code cases.csv} with columns {@code case} and {@code split}, and per case {@code NAME_ct.nii.gz} and
 * {@code NAME_labels.nii.gz} on one grid. Image and labels are resampled to the model's grid.
 *
 * @param values label value in the files of class 1, 2, ...; other values become background
 */
record NiftiCases(
    Path folder, List<String> names, List<Integer> values, Vec3 spacing, double windowLow)
    implements CaseSource {


  /** The cases of one split, in the order of the file. */
  static NiftiCases of(
      Path folder, String split, List<Integer> values, Vec3 spacing, double windowLow)
      throws IOException {
    Path list = folder.resolve("cases.csv");
    List<String> lines = Files.readAllLines(list);
    List<String> header = lines.isEmpty() ? List.of() : Arrays.asList(lines.get(0).split(","));
    int nameColumn = header.indexOf("case");
    int splitColumn = header.indexOf("split");
    if (nameColumn < 0 || splitColumn < 0) {
      throw new IOException(list + ": the first line must name the columns case and split");
    }
    List<String> names = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.split(",");
      if (fields.length > Math.max(nameColumn, splitColumn) && fields[splitColumn].equals(split)) {
        if (!fields[nameColumn].matches("[A-Za-z0-9_.-]+")) {
          throw new IOException(list + ": case name '" + fields[nameColumn] + "'");
        }
        names.add(fields[nameColumn]);
      }
    }
    if (names.isEmpty()) {
      throw new IOException(list + ": no case of split " + split);
    }
    return new NiftiCases(folder, List.copyOf(names), values, spacing, windowLow);
  }

  @Override
  public int size() {
    return names.size();
  }

  @Override
  public String id(int index) {
    return names.get(index);
  }

  @Override
  public LabelledVolume original(int index) throws IOException {
    Volume image = Nifti.readVolume(folder.resolve(id(index) + "_ct.nii.gz"));
    LabelVolume stored = Nifti.readLabels(folder.resolve(id(index) + "_labels.nii.gz"));
    byte[] classOf = new byte[256];
    for (int i = 0; i < values.size(); i++) {
      classOf[values.get(i)] = (byte) (i + 1);
    }
    byte[] labels = new byte[stored.labels().length];
    for (int v = 0; v < labels.length; v++) {
      labels[v] = classOf[stored.labels()[v] & 0xff];
    }
    if (labels.length != image.hounsfield().length) {
      throw new IOException(id(index) + ": labels lie on another grid than the image");
    }
    return new LabelledVolume(id(index), image, new LabelVolume(image.grid(), labels));
  }

  @Override
  public TrainingCase load(int index) throws IOException {
    LabelledVolume source = original(index);
    Grid grid = ModelGrid.forGrid(source.image().grid(), spacing);
    try {
      return TrainingCase.of(
          id(index),
          Resampler.resample(source.image(), grid),
          Resampler.resample(source.labels(), grid),
          windowLow);
    } catch (IllegalArgumentException e) {
      throw new IOException(id(index) + ": " + e.getMessage(), e);
    }
  }
}

package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.Volume;

/**
 * A NIfTI image with one label map.
 *
 * @param annotatedValues values whose class was looked for; absent for all that the mapping knows
 */
record LabelMapStudy(
    String name,
    String patient,
    Optional<Part> part,
    Path image,
    Path labels,
    Optional<SortedSet<Integer>> annotatedValues)
    implements Study {
  @Override
  public String signature() throws IOException {
    return FileSignature.of(List.of(image, labels));
  }

  @Override
  public LabelledStudy read(LabelMapping mapping) throws CaseRefusal, GeometryRefusal, IOException {
    if (!Files.exists(image)) {
      throw new CaseRefusal(CaseRefusal.Code.NO_IMAGE, image + " is missing");
    }
    if (!Files.exists(labels)) {
      throw new CaseRefusal(CaseRefusal.Code.NO_LABELS, labels + " is missing");
    }
    Volume volume = NiftiImage.read(image);
    LabelPainter painter = new LabelPainter(volume.grid());
    painter.claim(lookedFor(mapping), labels.toString());
    painter.map(NiftiImage.labels(labels, volume.grid()), mapping);
    return painter.study(volume);
  }

  private SortedSet<Integer> lookedFor(LabelMapping mapping) {
    SortedSet<Integer> classes = new TreeSet<>();
    if (annotatedValues.isEmpty()) {
      classes.addAll(mapping.classesOfValues());
    } else {
      annotatedValues.get().forEach(value -> mapping.classOf(value).ifPresent(classes::add));
    }
    return classes;
  }
}

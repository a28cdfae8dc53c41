package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The WORD layout (NMSW §1.2, §1.3): {@code imagesTr}, {@code imagesVal} and {@code imagesTs} with one file per patient,
 * and its label map under the same name in {@code labelsTr}, {@code labelsVal} and {@code labelsTs}.
 */
record WordFolders(Path folder) implements StudySource {
  private static final Map<Part, String> SUFFIXES =
      new EnumMap<>(Map.of(Part.TRAIN, "Tr", Part.VALIDATION, "Val", Part.TEST, "Ts"));

  static boolean isLayout(Path folder) {
    return SUFFIXES.values().stream().anyMatch(suffix -> Files.isDirectory(folder.resolve("images" + suffix)));
  }

  @Override
  public List<Study> studies() throws IOException {
    List<Study> studies = new ArrayList<>();
    for (Map.Entry<Part, String> part : SUFFIXES.entrySet()) {
      Path images = folder.resolve("images" + part.getValue());
      Path labels = folder.resolve("labels" + part.getValue());
      SortedSet<String> files = new TreeSet<>(names(images));
      files.addAll(names(labels));
      for (String file : files) {
        String name = file.replaceFirst("\\.nii(\\.gz)?$", "");
        studies.add(
            new LabelMapStudy(
                name, name, Optional.of(part.getKey()), images.resolve(file), labels.resolve(file), Optional.empty()));
      }
    }
    return studies;
  }

  private static List<String> names(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith(".") && (name.endsWith(".nii.gz") || name.endsWith(".nii")))
          .toList();
    }
  }
}

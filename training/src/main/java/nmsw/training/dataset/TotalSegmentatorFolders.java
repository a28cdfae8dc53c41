package nmsw.training.dataset;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import nmsw.volume.GeometryRefusal;
import nmsw.volume.Volume;

/**
 * The layout of TotalSegmentator's data: a folder per study, with {@code ct.nii.gz} and {@code
 * segmentations/CLASS.nii.gz}, a mask per class, empty where the class is not in the image. Beside them may lie {@code
 * meta.csv}, separated by semicolons, with the columns {@code image_id} and {@code split}.
 */
record TotalSegmentatorFolders(Path folder) implements StudySource {
  private static final String IMAGE = "ct.nii.gz";
  private static final String MASKS = "segmentations";
  private static final String MASK_END = ".nii.gz";

  static boolean isLayout(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.anyMatch(TotalSegmentatorFolders::isStudy);
    }
  }

  private static boolean isStudy(Path entry) {
    return Files.exists(entry.resolve(IMAGE)) || Files.isDirectory(entry.resolve(MASKS));
  }

  @Override
  public List<Study> studies() throws IOException {
    Map<String, Part> parts = parts();
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(TotalSegmentatorFolders::isStudy)
          .sorted()
          .<Study>map(
              entry -> new MaskStudy(entry, Optional.ofNullable(parts.get(entry.getFileName().toString()))))
          .toList();
    }
  }

  private Map<String, Part> parts() throws IOException {
    Path meta = folder.resolve("meta.csv");
    if (!Files.exists(meta)) {
      return Map.of();
    }
    Map<String, Part> parts = new HashMap<>();
    List<String> lines = Files.readAllLines(meta, StandardCharsets.UTF_8);
    List<String> header = lines.isEmpty() ? List.of() : List.of(lines.get(0).replace("\uFEFF", "").split(";"));
    int id = header.indexOf("image_id");
    int split = header.indexOf("split");
    for (String line : lines) {
      String[] cells = line.split(";");
      if (id >= 0 && split >= 0 && cells.length > Math.max(id, split)) {
        String name = cells[split].strip().toLowerCase(Locale.ROOT);
        Part.of(name.equals("val") ? "validation" : name).ifPresent(part -> parts.put(cells[id].strip(), part));
      }
    }
    return parts;
  }

  private record MaskStudy(Path study, Optional<Part> part) implements Study {
    @Override
    public String name() {
      return study.getFileName().toString();
    }

    @Override
    public String patient() {
      return name();
    }

    @Override
    public String signature() throws IOException {
      List<Path> files = new ArrayList<>(masks());
      files.add(study.resolve(IMAGE));
      return FileSignature.of(files);
    }

    @Override
    public LabelledStudy read(LabelMapping mapping) throws CaseRefusal, GeometryRefusal, IOException {
      Path image = study.resolve(IMAGE);
      if (!Files.exists(image)) {
        throw new CaseRefusal(CaseRefusal.Code.NO_IMAGE, image + " is missing");
      }
      List<Path> masks = masks();
      if (masks.isEmpty()) {
        throw new CaseRefusal(CaseRefusal.Code.NO_LABELS, study.resolve(MASKS) + " holds no masks");
      }
      Volume volume = NiftiImage.read(image);
      LabelPainter painter = new LabelPainter(volume.grid());
      Set<Integer> annotated = new TreeSet<>();
      for (Path mask : masks) {
        String file = mask.getFileName().toString();
        String name = file.substring(0, file.length() - MASK_END.length());
        OptionalInt index = mapping.classOf(name);
        if (index.isPresent()) {
          annotated.add(index.getAsInt());
          painter.mask(NiftiImage.labels(mask, volume.grid()), index.getAsInt());
        } else if (!mapping.knows(name)) {
          painter.unknown(name);
        }
      }
      painter.claim(annotated, study.toString());
      return painter.study(volume);
    }

    private List<Path> masks() throws IOException {
      Path folder = study.resolve(MASKS);
      if (!Files.isDirectory(folder)) {
        return List.of();
      }
      try (Stream<Path> files = Files.list(folder)) {
        return files
            .filter(file -> file.getFileName().toString().endsWith(MASK_END))
            .filter(file -> !file.getFileName().toString().startsWith("."))
            .sorted()
            .toList();
      }
    }
  }
}

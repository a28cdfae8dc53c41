package nmsw.training;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.nio.file.Path;
import nmsw.training.dataset.ContentHash;

/**
 * What a model was made of, for whoever asks later: a file beside its bundle's own.
 *
 * @param cases that it learned from
 * @param dataSha256 of these cases' fingerprints, in their order: equal for equal voxels, classes, spacing and window
 * @param recipe as it was run
 */
record TrainingRecord(int cases, String dataSha256, Recipe recipe) {
  private static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory().disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER))
          .setSerializationInclusion(JsonInclude.Include.NON_NULL);

  static TrainingRecord of(Recipe recipe, CaseSource training) throws IOException {
    StringBuilder fingerprints = new StringBuilder();
    for (int i = 0; i < training.size(); i++) {
      fingerprints.append(training.fingerprint(i)).append('\n');
    }
    return new TrainingRecord(training.size(), ContentHash.ofText(fingerprints.toString()), recipe);
  }

  void write(Path file) throws IOException {
    YAML.writeValue(file.toFile(), this);
  }

  static TrainingRecord read(Path file) throws IOException {
    return YAML.readValue(file.toFile(), TrainingRecord.class);
  }
}

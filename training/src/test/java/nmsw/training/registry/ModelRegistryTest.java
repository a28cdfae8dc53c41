package nmsw.training.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import nmsw.segmentation.ModelBundle;
import nmsw.training.registry.ModelRegistry.Action;
import nmsw.training.registry.ModelRegistry.Change;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelRegistryTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  @TempDir Path folder;
  private Path models;
  private ModelRegistry registry;

  @BeforeEach
  void open() {
    models = folder.resolve("models");
    registry = new ModelRegistry(models, () -> NOW);
  }

  private Path bundle(String version, long seed) throws IOException {
    Path bundle = folder.resolve("bundle-" + version + "-" + seed);
    TinyBundle.write(bundle, version, seed);
    return bundle;
  }

  @Test
  void aVersionIsAddedPromotedAndRolledBackAndTheLogSaysSo() throws IOException {
    registry.add(bundle("1", 1), Optional.empty(), "first");
    registry.add(bundle("2", 2), Optional.empty(), "second");
    assertEquals(List.of("1", "2"), registry.versions("tiny"));
    assertEquals(Optional.empty(), registry.live("tiny"));

    registry.promote("tiny", "1", "by hand");
    registry.promote("tiny", "2", "better\tby\n0.1");
    registry.promote("tiny", "2", "it is live: no change, and nothing to roll back to");
    assertEquals(Optional.of("2"), registry.live("tiny"));
    assertEquals("2", ModelBundle.current(models, "tiny").description().version());

    assertEquals("1", registry.rollBack("tiny", "spoiled"));
    assertEquals(Optional.of("1"), registry.live("tiny"));
    assertEquals(
        List.of(
            new Change(NOW, Action.ADDED, "", "1", "first"),
            new Change(NOW, Action.ADDED, "", "2", "second"),
            new Change(NOW, Action.PROMOTED, "", "1", "by hand"),
            new Change(NOW, Action.PROMOTED, "1", "2", "better by 0.1"),
            new Change(NOW, Action.ROLLED_BACK, "2", "1", "spoiled")),
        registry.history("tiny"));
    IOException refusal = assertThrows(IOException.class, () -> registry.rollBack("tiny", "again"));
    assertTrue(refusal.getMessage().contains("before 1"), refusal.getMessage());
  }

  @Test
  void aVersionNeverChanges() throws IOException {
    Path first = bundle("1", 1);
    Path added = registry.add(first, Optional.empty(), "first");
    assertEquals(added, registry.add(first, Optional.empty(), "once more"));
    Path other = bundle("1", 2);
    assertThrows(FileAlreadyExistsException.class, () -> registry.add(other, Optional.empty(), "other weights"));
    assertEquals(1, registry.history("tiny").size());
    assertEquals(
        ModelBundle.sha256(first.resolve("weights.safetensors")),
        ModelBundle.sha256(added.resolve("weights.safetensors")));
  }

  @Test
  void whatIsDamagedOrAbsentDoesNotGoLive() throws IOException {
    Path added = registry.add(bundle("1", 1), Optional.empty(), "first");
    registry.promote("tiny", "1", "by hand");
    Path second = registry.add(bundle("2", 2), Optional.empty(), "second");
    byte[] weights = Files.readAllBytes(second.resolve("weights.safetensors"));
    weights[weights.length - 5] ^= 1;
    Files.write(second.resolve("weights.safetensors"), weights);

    assertThrows(IOException.class, () -> registry.promote("tiny", "2", "damaged"));
    assertThrows(IOException.class, () -> registry.promote("tiny", "3", "absent"));
    assertThrows(IOException.class, () -> registry.promote("small", "1", "absent"));
    assertThrows(IOException.class, () -> registry.promote("tiny", "../tiny/1", "by another name"));
    assertEquals(Optional.of("1"), registry.live("tiny"));
    assertEquals(3, registry.history("tiny").size());
    assertTrue(Files.isDirectory(added));
  }

  /** The node may run as another user than whoever promotes. */
  @Test
  void whatIsLiveCanBeReadByOthersAsFarAsTheBundleCould() throws IOException {
    Path bundle = bundle("1", 1);
    Path added = registry.add(bundle, Optional.empty(), "first");
    registry.promote("tiny", "1", "by hand");
    assertEquals(Files.getPosixFilePermissions(bundle), Files.getPosixFilePermissions(added));
    assertEquals(
        Files.getPosixFilePermissions(bundle.resolve("model.yaml")),
        Files.getPosixFilePermissions(added.resolve("model.yaml")));
    assertEquals(
        Files.getPosixFilePermissions(bundle.resolve("model.yaml")),
        Files.getPosixFilePermissions(models.resolve("tiny/current")));
  }

  @Test
  void whatAKilledProcessLeftIsNotTakenForTheNewVersion() throws IOException {
    Path left = Files.createDirectories(models.resolve("tiny/.new-version"));
    Files.writeString(left.resolve("weights.safetensors"), "half of them");
    Files.writeString(left.resolve("evaluation.csv"), "another model's");
    Files.writeString(left.resolve("training.yaml"), "another model's");
    assertEquals(List.of(), registry.versions("tiny"));
    Path added = registry.add(bundle("1", 1), Optional.empty(), "first");
    registry.promote("tiny", "1", "by hand");
    assertTrue(Files.notExists(added.resolve("evaluation.csv")));
    assertTrue(Files.notExists(added.resolve("training.yaml")));
    assertTrue(Files.notExists(left));
  }

  @Test
  void whatABundleWasMadeOfIsKeptBesideIt() throws IOException {
    Path bundle = bundle("1", 1);
    Files.writeString(bundle.resolve("training.yaml"), "cases: 3\n");
    Path added = registry.add(bundle, Optional.empty(), "first");
    assertEquals("cases: 3\n", Files.readString(added.resolve("training.yaml")));
  }

  @Test
  void nothingHalfDoneIsLeftLyingAround() throws IOException {
    registry.add(bundle("1", 1), Optional.empty(), "first");
    registry.promote("tiny", "1", "by hand");
    try (Stream<Path> entries = Files.list(models.resolve("tiny"))) {
      assertEquals(
          List.of("1", "current", "history.tsv"),
          entries.map(entry -> entry.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void aProofHoldsAgainstTheVersionThatIsLive() throws IOException {
    for (String version : List.of("1", "2", "3")) {
      registry.add(bundle(version, version.hashCode()), Optional.empty(), "");
    }
    registry.promote("tiny", "1", "first");
    assertFalse(registry.promoteOver("2", "tiny", "3", "against 2"));
    assertEquals(Optional.of("1"), registry.live("tiny"));
    assertTrue(registry.promoteOver("1", "tiny", "3", "against 1"));
    assertEquals(Optional.of("3"), registry.live("tiny"));

    registry.rollBack("tiny", "spoiled");
    assertTrue(registry.promoteOver("1", "tiny", "3", "what was taken back stays so"));
    assertEquals(Optional.of("1"), registry.live("tiny"));
  }

  @Test
  void aPromotionOfWhichOnlyTheLineWasWrittenIsMadeAgain() throws IOException {
    registry.add(bundle("1", 1), Optional.empty(), "");
    registry.add(bundle("2", 2), Optional.empty(), "");
    registry.promote("tiny", "1", "first");
    Files.writeString(
        models.resolve("tiny/history.tsv"), NOW + "\tPROMOTED\t1\t2\tkilled here\n", StandardOpenOption.APPEND);
    assertTrue(registry.promoteOver("1", "tiny", "2", "again"));
    assertEquals(Optional.of("2"), registry.live("tiny"));
  }

  @Test
  void numbersAreNotGivenTwice() throws IOException {
    assertEquals("1", registry.nextVersion("tiny"));
    registry.add(bundle("9", 1), Optional.empty(), "");
    registry.add(bundle("beta", 2), Optional.empty(), "");
    assertEquals("10", registry.nextVersion("tiny"));
    registry.refuse("tiny", "10", "worse");
    registry.refuse("tiny", "10", "told twice");
    assertEquals("11", registry.nextVersion("tiny"));
    assertEquals(
        List.of("9", "beta", "10"), registry.history("tiny").stream().map(Change::version).toList());
    assertEquals(List.of("9", "beta"), registry.versions("tiny"));
  }
}

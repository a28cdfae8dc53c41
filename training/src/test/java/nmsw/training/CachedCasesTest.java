package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import nmsw.segmentation.nn.Int3;
import nmsw.training.dataset.LabelledVolume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CachedCasesTest {
  private static final Set<Integer> UNANNOTATED = Set.of(3, 7);

  @TempDir private Path folder;

  /** One case of random voxels that counts how often it was made. */
  private static final class Source implements CaseSource {
    private final String fingerprint;
    private int made;

    Source(String fingerprint) {
      this.fingerprint = fingerprint;
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public String id(int index) {
      return "case";
    }

    @Override
    public TrainingCase load(int index) {
      made++;
      return voxels(fingerprint);
    }

    @Override
    public Set<Integer> unannotated(int index) {
      return UNANNOTATED;
    }

    @Override
    public String fingerprint(int index) {
      return fingerprint;
    }

    @Override
    public LabelledVolume original(int index) throws IOException {
      throw new IOException("not asked for");
    }
  }

  /** More voxels than go through the writer at once. */
  private static TrainingCase voxels(String seed) {
    Random random = new Random(seed.hashCode());
    Int3 size = new Int3(53, 41, 37);
    short[] values = new short[(int) size.product()];
    byte[] labels = new byte[values.length];
    random.nextBytes(labels);
    for (int v = 0; v < values.length; v++) {
      values[v] = (short) random.nextInt();
    }
    return new TrainingCase("case", size, values, labels, UNANNOTATED);
  }

  private static void assertSame(TrainingCase expected, TrainingCase found) {
    assertEquals(expected.id(), found.id());
    assertEquals(expected.size(), found.size());
    assertArrayEquals(expected.hounsfield(), found.hounsfield());
    assertArrayEquals(expected.labels(), found.labels());
    assertEquals(UNANNOTATED, found.unannotated());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void aCaseIsPreparedOnceForAllProcesses() throws IOException {
    Source first = new Source("a");
    CachedCases cases = new CachedCases(first, folder);
    assertSame(voxels("a"), cases.load(0));
    assertSame(voxels("a"), cases.load(0));
    assertEquals(1, first.made);
    Source second = new Source("a");
    assertSame(voxels("a"), new CachedCases(second, folder).load(0));
    assertEquals(0, second.made);
    assertEquals(1, files().size(), "no temporary file stays");
  }

  @Test
  void whatDependsOnSomethingElseIsAnotherFile() throws IOException {
    new CachedCases(new Source("a"), folder).load(0);
    Source other = new Source("b");
    assertSame(voxels("b"), new CachedCases(other, folder).load(0));
    assertEquals(1, other.made);
    assertEquals(2, files().size());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 20, 90, 100_000, 240_000})
  void aFlippedBitMakesItPreparedAgain(int at) throws IOException {
    new CachedCases(new Source("a"), folder).load(0);
    Path file = files().get(0);
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= 1;
    Files.write(file, bytes);
    Source source = new Source("a");
    assertSame(voxels("a"), new CachedCases(source, folder).load(0));
    assertEquals(1, source.made);
    Source after = new Source("a");
    new CachedCases(after, folder).load(0);
    assertEquals(0, after.made);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 50, 88, 1000})
  void aTruncatedFileIsPreparedAgain(int length) throws IOException {
    new CachedCases(new Source("a"), folder).load(0);
    Path file = files().get(0);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, length));
    Source source = new Source("a");
    assertSame(voxels("a"), new CachedCases(source, folder).load(0));
    assertEquals(1, source.made);
  }

  @Test
  void aFileUnderAnothersNameIsNotTaken() throws IOException {
    new CachedCases(new Source("a"), folder).load(0);
    Path ofA = files().get(0);
    new CachedCases(new Source("b"), folder).load(0);
    Path ofB = files().stream().filter(file -> !file.equals(ofA)).findFirst().orElseThrow();
    Files.copy(ofA, ofB, StandardCopyOption.REPLACE_EXISTING);
    Source source = new Source("b");
    assertSame(voxels("b"), new CachedCases(source, folder).load(0));
    assertEquals(1, source.made);
  }

  @Test
  void aSourceThatFailsLeavesNothing() throws IOException {
    CaseSource broken =
        new CaseSource() {
          private final Source source = new Source("a");

          @Override
          public int size() {
            return 1;
          }

          @Override
          public String id(int index) {
            return source.id(index);
          }

          @Override
          public TrainingCase load(int index) throws IOException {
            throw new IOException("case: broken");
          }

          @Override
          public Set<Integer> unannotated(int index) {
            return source.unannotated(index);
          }

          @Override
          public String fingerprint(int index) {
            return "a";
          }

          @Override
          public LabelledVolume original(int index) throws IOException {
            return source.original(index);
          }
        };
    assertThrows(IOException.class, () -> new CachedCases(broken, folder).load(0));
    assertEquals(List.of(), files());
  }
}

package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.deid.DeidentificationKey;
import nmsw.volume.Nifti;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataSetTest {
  private static final List<Integer> VALUES = List.of(1, 2, 3);

  @TempDir private Path folder;

  private DataSet open(String list) throws IOException {
    Files.writeString(folder.resolve("cases.csv"), list);
    return DataSet.open(folder, VALUES);
  }

  @Test
  void everyPartIsReadAsItself() throws IOException {
    DataSet data = open("split,case,other\ntrain,a,\"x, y\"\ntest,b,\nvalidation,c,\ntrain,d,\n");
    assertEquals(List.of("a", "d"), List.of(data.training().id(0), data.training().id(1)));
    assertEquals("c", data.validation().id(0));
    assertEquals("b", data.test().orElseThrow().id(0));
    assertEquals(1, data.test().orElseThrow().size());
  }

  @Test
  void aSetWithoutATestPartHasNone() throws IOException {
    DataSet data = open("case,split\na,train\n");
    assertEquals(Optional.empty(), data.test());
    IOException refusal = assertThrows(IOException.class, data::validation);
    assertTrue(refusal.getMessage().contains("no case of split validation"), refusal.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'case\na' | columns case and split",
        "'case,split\n../a,train' | line 2: case name '../a'",
        "'case,split\na,tset' | line 2: split 'tset'",
        "'case,split\na,train\na,test' | line 3: case a is listed twice",
        "'case,split,patient\na,train,p\nb,test,p' | line 3: case b is in part test, but others",
        "'case,split\na' | line 2: 1 cells",
        "'case,split\n\"a,train' | line 2: a quoted cell",
        "'case,split,size\na,train,1 2 many' | line 2",
        "'' | columns case and split"
      })
  void aWrongListIsRefused(String list, String said) {
    IOException refusal = assertThrows(IOException.class, () -> open(list));
    assertTrue(refusal.getMessage().contains("cases.csv"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains(said), refusal.getMessage());
  }

  @Test
  void aCaseThatChangedSinceItsImportIsRefused() throws IOException {
    Path from = Bodies.pairs(folder.resolve("from"), "a", "b", "c", "d");
    Path set = folder.resolve("set");
    Importing.run(from, set, "--keep-split", "--keep-names");
    TrainableCases cases = DataSet.open(set, VALUES).training();
    assertEquals("a", cases.original(0).id());
    String hash = cases.contentHash(0);
    Nifti.write(StoredCases.labels(set, "a"), Bodies.mask(Bodies.LIVER));
    IOException refusal = assertThrows(IOException.class, () -> cases.original(0));
    assertTrue(refusal.getMessage().startsWith("a: the labels differ"), refusal.getMessage());
    assertEquals(hash, cases.contentHash(0), "the list says what the case must be");
  }

  @Test
  void whatTheListDoesNotHashIsKnownByItsFiles() throws IOException {
    Path from = Bodies.pairs(folder.resolve("from"), "a");
    String before = DataSet.open(from, VALUES).training().contentHash(0);
    assertEquals(before, DataSet.open(from, VALUES).training().contentHash(0));
    String otherClasses = DataSet.open(from, List.of(2, 1, 3)).training().contentHash(0);
    Nifti.write(StoredCases.labels(from, "a"), Bodies.mask(Bodies.LIVER));
    String otherFile = DataSet.open(from, VALUES).training().contentHash(0);
    assertEquals(3, List.of(before, otherClasses, otherFile).stream().distinct().count());
  }

  /** Of the values 1, 2, 3 some cases say which were looked for; 9 is no class of the three. */
  @Test
  void whatNobodyLookedForIsKnown() throws IOException {
    Path from = Bodies.pairs(folder, "a", "b", "c", "d");
    String list = "case,split,annotated\na,train,1 3 9\nb,train,\nc,validation,1 2 3\nd,train,9\n";
    DataSet data = open(list);
    TrainableCases cases = data.training();
    assertEquals(List.of("a", "b"), List.of(cases.id(0), cases.id(1)));
    assertEquals(2, cases.size(), "from d there is nothing to learn");
    assertEquals(Set.of(2), cases.unannotated(0));
    assertEquals(Set.of(), cases.unannotated(1));
    assertEquals(Set.of(), data.validation().unannotated(0));
    LabelledVolume first = cases.original(0);
    assertEquals(Set.of(2), first.unannotated());
    assertArrayEquals(Bodies.valued(1, 0, 3).labels(), first.labels().labels(), "labels of it do not count");
    assertArrayEquals(Bodies.labels().labels(), cases.original(1).labels().labels());

    String a = cases.contentHash(0);
    TrainableCases all = open("case,split\na,train\nb,train\n").training();
    assertEquals(cases.contentHash(1), all.contentHash(1));
    assertNotEquals(a, all.contentHash(0));
    assertEquals(a, open(list.replace("a,train,1 3 9", "a,train,3 1")).training().contentHash(0));

    // Classes of a recipe that leaves some of the values out.
    assertEquals(Set.of(1), DataSet.open(from, List.of(2, 3)).training().unannotated(0));
    open("case,split,annotated\na,train,1\nd,test,9\nc,validation,9\n");
    DataSet without = DataSet.open(from, VALUES);
    assertEquals(Optional.empty(), without.test());
    IOException refusal = assertThrows(IOException.class, without::validation);
    assertTrue(refusal.getMessage().contains("one of the classes was annotated"), refusal.getMessage());
  }

  @Test
  void twoImportsAtOnceAreRefused() throws IOException {
    Path from = Bodies.pairs(folder.resolve("from"), "a");
    Path set = folder.resolve("set");
    Importing.run(from, set);
    DeidentificationKey key = DeidentificationKey.readOrCreate(Importing.key(folder));
    try (DataSetFolder open = DataSetFolder.open(set, key, Bodies.TABLE, List.of(), List.of(1.0, 0.0, 0.0))) {
      Importing second = Importing.run(from, set);
      assertEquals(1, second.exitCode);
      assertTrue(second.err.contains("another import"), second.err);
      assertEquals(1, open.rows().size());
    }
  }
}

package nmsw.training.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import nmsw.volume.Grid;
import nmsw.volume.LabelVolume;
import nmsw.volume.Nifti;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StudyImportTest {
  @TempDir private Path folder;

  private Path from() {
    return folder.resolve("from");
  }

  private Path to() {
    return folder.resolve("set");
  }

  private static void assertRefused(Importing result, String name, String code) {
    assertTrue(
        result.out.lines().anyMatch(line -> line.startsWith("left out: " + name) && line.contains(code)),
        result.out + result.err);
  }

  private void assertImported(CaseRow row, int number) throws IOException {
    Volume image = Nifti.readVolume(StoredCases.image(to(), row.name()));
    assertArrayEquals(Bodies.image(number).hounsfield(), image.hounsfield());
    assertEquals(Bodies.image(number).grid(), image.grid());
    assertArrayEquals(
        Bodies.labels().labels(), Nifti.readLabels(StoredCases.labels(to(), row.name())).labels());
  }

  @Test
  void pairsOfFilesBecomeCasesUnderPseudonyms() throws IOException {
    Importing result = Importing.run(Bodies.pairs(from(), "meier", "schulz"), to());
    assertEquals(0, result.exitCode, result.err);
    List<CaseRow> rows = Importing.rows(to());
    assertEquals(2, rows.size());
    assertImported(rows.get(0), 0);
    assertImported(rows.get(1), 1);
    CaseRow row = rows.get(0);
    assertEquals(List.of(26, 24, 20), row.size());
    assertEquals(List.of(3.0, 3.0, 5.0), row.spacing());
    assertEquals(List.of(1, 2, 3), row.annotated());
    assertEquals(8 * 8 * 10 * 45 / 1000.0, row.millilitres().get(Bodies.LIVER), 0.01);
    assertEquals(List.of(), row.findings());
    for (Path file : Files.walk(to()).toList()) {
      assertFalse(file.toString().contains("meier"), file.toString());
      if (Files.isRegularFile(file)) {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertFalse(text.contains("meier") || text.contains("schulz"), file + " names a patient");
      }
    }
  }

  @Test
  void theWordLayoutIsRead() throws IOException {
    for (String part : List.of("Tr", "Val", "Ts")) {
      Path images = Files.createDirectories(from().resolve("images" + part));
      Path labels = Files.createDirectories(from().resolve("labels" + part));
      int number = part.length() + part.charAt(1);
      Nifti.write(images.resolve("word_" + part + ".nii.gz"), Bodies.image(number));
      Nifti.write(labels.resolve("word_" + part + ".nii.gz"), Bodies.valued(5, 1, 200));
    }
    Files.writeString(
        folder.resolve("mapping.yaml"), "classes:\n  liver: [5]\n  spleen: 1\n  femur_left: ['200', thigh]\n");
    Importing result =
        Importing.run(
            from(), to(), "--mapping", folder.resolve("mapping.yaml").toString(), "--keep-names", "--keep-split");
    assertEquals(0, result.exitCode, result.err);
    Map<String, Part> parts =
        Importing.rows(to()).stream().collect(Collectors.toMap(CaseRow::name, CaseRow::part));
    assertEquals(Map.of("word_Tr", Part.TRAIN, "word_Val", Part.VALIDATION, "word_Ts", Part.TEST), parts);
    LabelVolume labels = Nifti.readLabels(StoredCases.labels(to(), "word_Ts"));
    assertArrayEquals(Bodies.labels().labels(), labels.labels());
  }

  @Test
  void theTotalSegmentatorLayoutIsRead() throws IOException {
    for (int n = 0; n < 2; n++) {
      Path masks = Files.createDirectories(from().resolve("s000" + n + "/segmentations"));
      Nifti.write(from().resolve("s000" + n + "/ct.nii.gz"), Bodies.image(n));
      Nifti.write(masks.resolve("Liver.nii.gz"), Bodies.mask(Bodies.LIVER));
      Nifti.write(masks.resolve("spleen.nii.gz"), Bodies.mask(99));
      Nifti.write(masks.resolve("thigh.nii.gz"), Bodies.mask(Bodies.FEMUR));
      Nifti.write(masks.resolve("brain.nii.gz"), Bodies.mask(99));
      Nifti.write(masks.resolve("table.nii.gz"), Bodies.mask(99));
    }
    Files.writeString(from().resolve("meta.csv"), "image_id;age;split\ns0000;1;test\ns0001;2;val\n");
    Files.writeString(folder.resolve("mapping.yaml"), "classes: {femur_left: Thigh}\nignore: [BRAIN]\n");
    Importing result =
        Importing.run(
            from(), to(), "--mapping", folder.resolve("mapping.yaml").toString(), "--keep-names", "--keep-split");
    assertEquals(0, result.exitCode, result.err);
    List<CaseRow> rows = Importing.rows(to());
    assertEquals(List.of("s0000", "s0001"), rows.stream().map(CaseRow::name).toList());
    assertEquals(List.of(Part.TEST, Part.VALIDATION), rows.stream().map(CaseRow::part).toList());
    assertEquals(List.of(1, 2, 3), rows.get(0).annotated());
    assertEquals(0, rows.get(0).millilitres().get(Bodies.SPLEEN));
    assertEquals(
        List.of("EMPTY spleen", "UNKNOWN_LABELS 1 that the mapping does not name"), rows.get(0).findings());
    assertTrue(result.out.contains("label 'table' is not in the mapping: background in 2 cases"), result.out);
    assertFalse(result.out.contains("brain"), result.out);
    byte[] labels = Nifti.readLabels(StoredCases.labels(to(), "s0000")).labels();
    byte[] expected = Bodies.valued(Bodies.LIVER, 0, Bodies.FEMUR).labels();
    assertArrayEquals(expected, labels);
  }

  @Test
  void importedTwiceIsTheSameToTheByte() throws IOException {
    Bodies.pairs(from(), "a", "b", "c");
    assertEquals(0, Importing.run(from(), to()).exitCode);
    Map<String, String> once = Importing.files(to());
    Importing again = Importing.run(from(), to());
    assertTrue(again.out.contains("0 studies added, 3 there before, 0 left out"), again.out);
    assertEquals(once, Importing.files(to()));
    Importing elsewhere = Importing.run(from(), folder.resolve("other"));
    assertEquals(0, elsewhere.exitCode, elsewhere.err);
    assertEquals(once, Importing.files(folder.resolve("other")));
  }

  @Test
  void whatIsNewIsAddedAndWhatIsThereStays() throws IOException {
    Bodies.pairs(from(), "a", "b");
    Importing.run(from(), to());
    Map<String, String> before = Importing.files(to());
    List<CaseRow> rows = Importing.rows(to());
    Bodies.pairs(from(), "a", "b", "c", "d");
    Importing result = Importing.run(from(), to());
    assertTrue(result.out.contains("2 studies added, 2 there before, 0 left out"), result.out);
    assertEquals(rows, Importing.rows(to()).subList(0, 2));
    Map<String, String> after = Importing.files(to());
    before.keySet().removeAll(Set.of("cases.csv", "report.html"));
    before.forEach((file, hash) -> assertEquals(hash, after.get(file), file));
  }

  @Test
  void anImportThatWasKilledIsFinished() throws IOException {
    Bodies.pairs(from(), "a", "b");
    Importing.run(from(), folder.resolve("whole"));
    Importing.run(from(), to());
    // As it is when the process ends after the first of the second case's files, and within the next one.
    List<CaseRow> rows = Importing.rows(to());
    CaseList.write(to().resolve(CaseList.FILE), rows.subList(0, 1));
    Files.write(StoredCases.image(to(), rows.get(1).name()), new byte[10]);
    Files.delete(StoredCases.labels(to(), rows.get(1).name()));
    Files.write(to().resolve(DurableFile.TEMPORARY + "1-x_labels.nii.gz"), new byte[10]);
    Importing result = Importing.run(from(), to());
    assertTrue(result.out.contains("1 studies added, 1 there before"), result.out);
    assertEquals(Importing.files(folder.resolve("whole")), Importing.files(to()));
  }

  @Test
  void aStudyWhoseFilesChangedIsReportedAndItsCaseStays() throws IOException {
    Bodies.pairs(from(), "a", "b");
    Importing.run(from(), to());
    Map<String, String> before = Importing.files(to());
    Nifti.write(from().resolve("a_labels.nii.gz"), Bodies.mask(Bodies.LIVER));
    Importing result = Importing.run(from(), to());
    assertRefused(result, "a", "CHANGED");
    before.remove("report.html");
    Map<String, String> after = Importing.files(to());
    before.forEach((file, hash) -> assertEquals(hash, after.get(file), file));
  }

  @Test
  void theSameImageUnderAnotherNameIsADuplicate() throws IOException {
    Bodies.pairs(from(), "a", "b");
    Files.copy(from().resolve("a_ct.nii.gz"), from().resolve("z_ct.nii.gz"));
    Nifti.write(from().resolve("z_labels.nii.gz"), Bodies.mask(Bodies.LIVER));
    Files.writeString(from().resolve("cases.csv"), "z,train\n", StandardOpenOption.APPEND);
    Importing result = Importing.run(from(), to());
    assertRefused(result, "z", "DUPLICATE");
    assertEquals(2, Importing.rows(to()).size());
    assertEquals(0, result.exitCode);
    assertRefused(Importing.run(from(), to()), "z", "DUPLICATE");
  }

  @Test
  void labelsOnAnotherGridAreRefused() throws IOException {
    Bodies.pairs(from(), "shifted", "smaller", "good");
    LabelVolume labels = Bodies.labels();
    Grid g = labels.grid();
    Grid shifted = g.box(1, 0, 0, g.nx(), g.ny(), g.nz());
    Nifti.write(from().resolve("shifted_labels.nii.gz"), new LabelVolume(shifted, labels.labels()));
    Grid smaller = g.box(0, 0, 0, g.nx(), g.ny(), g.nz() - 1);
    Nifti.write(
        from().resolve("smaller_labels.nii.gz"),
        new LabelVolume(smaller, Arrays.copyOf(labels.labels(), smaller.voxels())));
    Importing result = Importing.run(from(), to());
    assertRefused(result, "shifted", "OTHER_GRID");
    assertRefused(result, "smaller", "OTHER_GRID");
    assertEquals(1, Importing.rows(to()).size());
  }

  @Test
  void labelsWithAxesInAnotherOrderAreTurned() throws IOException {
    Bodies.pairs(from(), "a");
    LabelVolume labels = Bodies.labels();
    Grid g = labels.grid();
    Grid turned =
        new Grid(
            g.nz(), g.nx(), g.ny(), g.toPatient(0, g.ny() - 1, 0), g.stepZ(), g.stepX(), g.stepY().times(-1));
    byte[] voxels = new byte[turned.voxels()];
    for (int v = 0; v < voxels.length; v++) {
      int z = v % g.nz();
      int x = v / g.nz() % g.nx();
      int y = g.ny() - 1 - v / g.nz() / g.nx();
      voxels[v] = labels.labels()[g.index(x, y, z)];
    }
    Nifti.write(from().resolve("a_labels.nii.gz"), new LabelVolume(turned, voxels));
    Importing result = Importing.run(from(), to());
    assertEquals(0, result.exitCode, result.out);
    assertImported(Importing.rows(to()).get(0), 0);
  }

  @ParameterizedTest
  @CsvSource({"0, UNREADABLE", "200, UNREADABLE", "400, UNREADABLE", "3000, UNREADABLE"})
  void aTruncatedFileIsReportedAndTheOthersGoOn(int length, String code) throws IOException {
    Bodies.pairs(from(), "a", "cut", "cutlabels");
    for (String file : List.of("cut_ct.nii.gz", "cutlabels_labels.nii.gz")) {
      byte[] bytes = Files.readAllBytes(from().resolve(file));
      Files.write(from().resolve(file), Arrays.copyOf(bytes, Math.min(length, bytes.length - 9)));
    }
    Importing result = Importing.run(from(), to());
    assertRefused(result, "cut (", code);
    assertRefused(result, "cutlabels", code);
    assertEquals(1, Importing.rows(to()).size());
  }

  @Test
  void anImageThatDoesNotSayHowItLiesIsRefused() throws IOException {
    Bodies.pairs(from(), "a", "b");
    Path file = from().resolve("b_ct.nii");
    Nifti.write(file, Bodies.image(1));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort(252, (short) 0).putShort(254, (short) 0);
    Files.write(from().resolve("b_ct.nii.gz"), bytes.array());
    assertRefused(Importing.run(from(), to()), "b", "NO_GEOMETRY");
  }

  @Test
  void aHeaderThatPromisesMoreThanMemoryHoldsIsRefused() throws IOException {
    Bodies.pairs(from(), "a", "b");
    Path file = from().resolve("b_ct.nii");
    Nifti.write(file, Bodies.image(1));
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort(42, (short) 1000).putShort(44, (short) 1000).putShort(46, (short) 1000);
    try (RandomAccessFile sparse = new RandomAccessFile(from().resolve("b_ct.nii.gz").toFile(), "rw")) {
      sparse.setLength(0);
      sparse.write(bytes.array());
      sparse.setLength(352 + 2_000_000_000L);
    }
    assertRefused(Importing.run(from(), to()), "b", "TOO_LARGE");
  }

  @ParameterizedTest
  @CsvSource({"1024, 1", "0, 0", "-3000, 1"})
  void valuesThatAreNoHounsfieldUnitsAreRefused(int shift, int scale) throws IOException {
    Bodies.pairs(from(), "a", "b");
    Volume image = Bodies.image(1);
    short[] values = image.hounsfield();
    for (int v = 0; v < values.length; v++) {
      values[v] = (short) (values[v] * scale + shift);
    }
    Nifti.write(from().resolve("b_ct.nii.gz"), new Volume(image.grid(), values));
    assertRefused(Importing.run(from(), to()), "b", "IMPLAUSIBLE_HU");
  }

  @Test
  void tooFewSlicesAndEmptyLabelsAreRefused() throws IOException {
    Bodies.pairs(from(), "thin", "empty", "strange");
    Volume image = Bodies.image(0);
    Grid thin = image.grid().box(0, 0, 0, 26, 24, 15);
    Nifti.write(
        from().resolve("thin_ct.nii.gz"), new Volume(thin, Arrays.copyOf(image.hounsfield(), thin.voxels())));
    Nifti.write(from().resolve("empty_labels.nii.gz"), Bodies.mask(99));
    Nifti.write(from().resolve("strange_labels.nii.gz"), Bodies.valued(30, 31, 32));
    Importing result = Importing.run(from(), to());
    assertRefused(result, "thin", "TOO_FEW_SLICES");
    assertRefused(result, "empty", "NOTHING_LABELLED: the labels are empty");
    assertRefused(result, "strange", "NOTHING_LABELLED: unknown labels only: 30, 31, 32");
    assertEquals(3, result.exitCode);
  }

  @Test
  void labelsOfWhatNobodyLookedForAreAFinding() throws IOException {
    Bodies.pairs(from(), "all", "some", "none");
    Files.writeString(from().resolve("cases.csv"), "case,annotated\nall,\nsome,1 3\nnone,77\n");
    Importing result = Importing.run(from(), to(), "--keep-names");
    List<CaseRow> rows = Importing.rows(to());
    assertEquals(List.of("all", "some"), rows.stream().map(CaseRow::name).toList(), result.out);
    assertEquals(List.of(1, 2, 3), rows.get(0).annotated());
    assertEquals(List.of(1, 3), rows.get(1).annotated());
    assertEquals(List.of("NOT_ANNOTATED spleen: 144 voxels are taken as background"), rows.get(1).findings());
    assertRefused(result, "none", "NOTHING_LABELLED: only classes that were not looked for");
  }

  @Test
  void labelsThatLieInAirAreAFinding() throws IOException {
    Bodies.pairs(from(), "a");
    LabelVolume labels = Bodies.labels();
    byte[] voxels = labels.labels();
    for (int k = 0; k < 20; k++) {
      for (int j = 0; j < 24; j++) {
        for (int i = 0; i < 26; i++) {
          int v = labels.grid().index(i, j, k);
          voxels[v] = voxels[v] == Bodies.SPLEEN ? 0 : i < 2 ? (byte) Bodies.SPLEEN : voxels[v];
        }
      }
    }
    Nifti.write(from().resolve("a_labels.nii.gz"), labels);
    Importing.run(from(), to());
    assertEquals(List.of("IN_AIR spleen: 100 % of it is air"), Importing.rows(to()).get(0).findings());
  }

  @Test
  void hostileNamesLeaveNothingOutsideAndStopNothing() throws IOException {
    Bodies.pairs(from(), "good", "M\u00fcller \u738b", "x".repeat(150));
    Nifti.write(folder.resolve("x_ct.nii.gz"), Bodies.image(77));
    Nifti.write(folder.resolve("x_labels.nii.gz"), Bodies.labels());
    Files.writeString(
        from().resolve("cases.csv"),
        "../x,train\n\"/etc/passwd\",train\n..,train\n,train\n" + "y".repeat(5000) + ",train\n\u001b[31mred,train\n",
        StandardOpenOption.APPEND);
    Importing result = Importing.run(from(), to());
    assertEquals(0, result.exitCode, result.err);
    assertEquals(3, Importing.rows(to()).size(), "long and foreign names have pseudonyms");
    assertRefused(result, "../x", "BAD_NAME");
    assertRefused(result, "/etc/passwd", "BAD_NAME");
    assertTrue(result.out.contains("6 left out"), result.out);
    assertFalse(result.out.contains("\u001b"), "control characters reach no terminal");
    Importing kept = Importing.run(from(), folder.resolve("kept"), "--keep-names");
    assertEquals(List.of("good"), Importing.rows(folder.resolve("kept")).stream().map(CaseRow::name).toList());
    assertTrue(kept.out.contains("8 left out"), kept.out);
  }

  @Test
  void theKeyStaysOutsideTheDataSet() throws IOException {
    Bodies.pairs(from(), "a");
    Files.createDirectories(to());
    Path link = folder.resolve("link");
    Files.createSymbolicLink(link, to());
    for (Path key : List.of(to().resolve("key"), to().resolve("a/../key"), link.resolve("key"), to())) {
      Importing result = Importing.run(from(), to(), "--key", key.toString());
      assertEquals(2, result.exitCode, key.toString());
      assertTrue(result.err.contains("inside the data set"), result.err);
    }
    try (var files = Files.list(to())) {
      assertEquals(0, files.count());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.7,0.1", "0.5,0.1,0.1", "a,b,c", "1.2,-0.1,-0.1", "NaN,0,1"})
  void fractionsThatAreNoneAreWrongUsage(String fractions) throws IOException {
    Importing result = Importing.run(Bodies.pairs(from(), "a"), to(), "--fractions", fractions);
    assertEquals(2, result.exitCode);
    assertTrue(result.err.contains("--fractions"), result.err);
  }

  @Test
  void aDataSetKeepsItsKeyItsFractionsAndItsClasses() throws IOException {
    Bodies.pairs(from(), "a");
    Importing.run(from(), to(), "--fractions", "0.5,0.25,0.25");
    Importing same = Importing.run(from(), to());
    assertEquals(0, same.exitCode, same.err);
    Importing fractions = Importing.run(from(), to(), "--fractions", "0.6,0.2,0.2");
    assertTrue(fractions.exitCode == 1 && fractions.err.contains("0.5"), fractions.err);
    Importing key = Importing.run(from(), to(), "--key", folder.resolve("another.key").toString());
    assertTrue(key.exitCode == 1 && key.err.contains("another key"), key.err);
    Bodies.TABLE.select(List.of("spleen", "liver")).write(folder.resolve("other.csv"));
    Importing classes = Importing.run(from(), to(), "--classes", folder.resolve("other.csv").toString());
    assertTrue(classes.exitCode == 1 && classes.err.contains("other classes"), classes.err);
  }

  @Test
  void aPatientsStudiesAreInOnePart() throws IOException {
    Bodies.pairs(from(), "a", "b", "c", "d");
    Files.writeString(
        from().resolve("cases.csv"), "case,patient,split\na,p1,train\nb,p1,test\nc,p2,test\nd,p2,test\n");
    Importing.run(from(), to());
    Map<String, Set<Part>> parts =
        Importing.rows(to()).stream()
            .collect(
                Collectors.groupingBy(
                    CaseRow::patient, TreeMap::new, Collectors.mapping(CaseRow::part, Collectors.toSet())));
    assertEquals(2, parts.size());
    parts.values().forEach(part -> assertEquals(1, part.size()));
    Importing kept = Importing.run(from(), folder.resolve("kept"), "--keep-split");
    assertRefused(kept, "b", "OTHER_PART");
    assertEquals(3, Importing.rows(folder.resolve("kept")).size());
  }
}

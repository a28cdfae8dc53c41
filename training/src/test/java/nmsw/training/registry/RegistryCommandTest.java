package nmsw.training.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import nmsw.segmentation.ModelBundle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RegistryCommandTest {
  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    CommandLine commandLine = RegistryCommand.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }

  /** A run that made this version, whose organs a and b have this Dice in the one held-out case. */
  private String finished(String version, double a, double b) throws IOException {
    Path finished = Files.createDirectories(folder.resolve("run-" + version));
    TinyBundle.write(finished.resolve("bundle"), version, version.hashCode());
    Files.writeString(
        finished.resolve("evaluation.csv"),
        "case,class,dice,nsd_2mm,hd95_mm,compat_dice,compat_nsd_2voxels,compat_hd95_voxels\n"
            + "one,a," + a + ",1,0,,,\none,b," + b + ",1,0,,,\n");
    return finished.toString();
  }

  @Test
  void onlyWhatIsProvenBetterGoesLiveAndItCanBeTakenBack() throws IOException {
    String models = folder.resolve("models").toString();
    assertEquals(0, run("promote", finished("1", 0.7, 0.8), "--models", models), err::toString);
    assertEquals(0, run("promote", finished("2", 0.8, 0.79), "--models", models), err::toString);
    assertTrue(out.toString().contains("tiny 2 is live"), out.toString());

    assertEquals(3, run("promote", finished("3", 0.9, 0.7), "--models", models), err::toString);
    assertTrue(out.toString().contains("refused: b falls by 0.090"), out.toString());
    assertEquals(3, run("promote", finished("4", 0.7, 0.7), "--models", models), err::toString);
    assertEquals("2", Files.readString(folder.resolve("models/tiny/current")).strip());

    assertEquals(0, run("rollback", "tiny", "--models", models, "--reason", "spoiled"));
    assertEquals("1", Files.readString(folder.resolve("models/tiny/current")).strip());
    assertEquals(0, run("models", "tiny", "--models", models));
    assertEquals(
        List.of("version  live  parent  data  evaluation", "1        live  -       -     yes", "2        -     -       -     yes"),
        out.toString().lines().limit(3).toList());
    assertTrue(out.toString().contains("promoted 2 (live before: 1): proven no worse than 1"), out.toString());
    assertTrue(out.toString().contains("rolled back 1 (live before: 2): spoiled"), out.toString());
  }

  /** Of a version that was fine-tuned here, of one that came by hand, and of one whose record is damaged. */
  @Test
  void versionsAreListedWithWhereTheyComeFrom() throws IOException {
    Path models = folder.resolve("models");
    Path first = Path.of(finished("1", 0.7, 0.8)).resolve("bundle");
    ModelRegistry registry = new ModelRegistry(models, InstantSource.system());
    registry.add(first, Optional.empty(), "by hand");
    Path tuned = Path.of(finished("2", 0.7, 0.8));
    ModelBundle made = ModelBundle.load(tuned.resolve("bundle"));
    new ModelBundle(
            made.description(), made.labels(), "card", made.weights(),
            Optional.of(ModelBundle.load(first).asParent(first)))
        .save(tuned.resolve("bundle"));
    Files.writeString(
        tuned.resolve("bundle/training.yaml"),
        "cases: 7\ndataSha256: \"" + "0123456789ab" + "c".repeat(52) + "\"\nrecipe: {name: tiny}\n");
    assertEquals(0, run("promote", tuned.toString(), "--models", models.toString()), err::toString);
    assertEquals(0, run("models", "tiny", "--models", models.toString()), err::toString);
    assertEquals(
        List.of(
            "version  live  parent  data          evaluation",
            "1        -     -       -             -",
            "2        live  tiny 1  0123456789ab  yes"),
        out.toString().lines().limit(3).toList());

    Files.writeString(models.resolve("tiny/2/training.yaml"), "cases: [");
    assertEquals(1, run("models", "tiny", "--models", models.toString()));
    assertTrue(err.toString().contains("tiny/2/training.yaml: "), err.toString());
  }

  @Test
  void aLiveModelThatWasNotMeasuredHasToBeFirst() throws IOException {
    String models = folder.resolve("models").toString();
    assertEquals(0, run("promote", finished("1", 0.7, 0.8), "--models", models));
    Files.move(folder.resolve("models/tiny/1/evaluation.csv"), folder.resolve("live.csv"));
    String better = finished("2", 0.8, 0.8);
    assertEquals(1, run("promote", better, "--models", models));
    assertTrue(err.toString().contains("measure the live model with evaluate"), err.toString());
    String live = folder.resolve("live.csv").toString();
    assertEquals(0, run("promote", better, "--models", models, "--live-evaluation", live));
    assertEquals(1, run("rollback", "small", "--models", models));
    assertEquals("there is no model small in " + models, err.toString().strip());
  }
}

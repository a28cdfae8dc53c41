package nmsw.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import nmsw.training.dataset.TestCases;
import nmsw.training.dataset.TrainableCases;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Models are measured on the test part where there is one, and nothing that trains can take it. */
class HeldOutCasesTest {
  @TempDir private Path folder;

  private RecipeData open(String list) throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.writeString(data.resolve("cases.csv"), list);
    TrainerTest.table().write(folder.resolve("labels.csv"));
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(recipe, TrainerTest.yaml(4, data.toString()));
    return RecipeData.open(Recipe.read(recipe), recipe, Optional.empty());
  }

  @Test
  void theTestPartIsHeldOut() throws IOException {
    RecipeData data = open("case,split\na,train\nb,validation\nc,test\n");
    assertInstanceOf(TestCases.class, data.heldOut());
    assertEquals("c", data.heldOut().id(0));
    assertEquals("b", data.validation().id(0));
    assertFalse(data.choosesByHeldOut());
  }

  @Test
  void withoutATestPartTheValidationCasesAre() throws IOException {
    RecipeData data = open("case,split\na,train\nb,validation\n");
    assertInstanceOf(TrainableCases.class, data.heldOut());
    assertEquals("b", data.heldOut().id(0));
    assertTrue(data.choosesByHeldOut());
  }

  @Test
  void nothingThatTrainsTakesTestCases() {
    assertFalse(CaseSource.class.isAssignableFrom(TestCases.class));
    for (Class<?> type : new Class<?>[] {Trainer.class, CachedCases.class, NiftiCases.class}) {
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        for (Class<?> parameter : constructor.getParameterTypes()) {
          assertFalse(parameter.isAssignableFrom(TestCases.class), type + " takes " + parameter);
        }
      }
    }
  }

  /** An untrained model finds blocks everywhere; where nobody looked for blocks that is nothing to count. */
  @Test
  void whatWasNotAnnotatedIsNotMeasured() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    for (int i = 0; i < 4; i++) {
      TrainerTest.writeBall(data, i);
    }
    open("case,split,annotated\nb0,train,1 2\nb1,validation,1\nb2,test,1\nb3,test,1 2\n");
    TrainerTest.twoClasses().write(folder.resolve("labels.csv"));
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(
        recipe, TrainerTest.yaml(1, data.toString()).replace("labelValues: [1]", "labelValues: [1, 2]"));
    Path run = folder.resolve("run");
    assertEquals(
        0,
        new CommandLine(new TrainCommand())
            .execute(recipe.toString(), "--out", run.toString(), "--threads", "1"));
    List<String> measured = Files.readAllLines(run.resolve("evaluation.csv"));
    assertEquals("b2,block" + ",not annotated".repeat(6), measured.get(2));
    assertTrue(measured.get(4).startsWith("b3,block,") && !measured.get(4).contains("not"), measured.get(4));
    String card = Files.readString(run.resolve("bundle/card.md"));
    assertTrue(card.lines().anyMatch(line -> line.matches("\\| block .* \\| [01], not annotated in 1 \\|")), card);
    assertTrue(Files.readString(run.resolve("report.html")).contains(", not annotated in 1</td>"));
  }

  @Test
  void evaluateMeasuresTheTestPart() throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    StringBuilder list = new StringBuilder("case,split\n");
    String[] splits = {"train", "validation", "test"};
    for (int i = 0; i < 3; i++) {
      TrainerTest.writeBall(data, i);
      list.append("b").append(i).append(",").append(splits[i]).append("\n");
    }
    open(list.toString());
    Path recipe = folder.resolve("recipe.yaml");
    Path run = folder.resolve("run");
    assertEquals(
        0,
        new CommandLine(new TrainCommand())
            .execute(recipe.toString(), "--out", run.toString(), "--threads", "1"));
    assertEquals("b2", Files.readAllLines(run.resolve("evaluation.csv")).get(1).split(",")[0]);
    String card = Files.readString(run.resolve("bundle/card.md"));
    assertTrue(card.contains("1 held-out cases (b2 to b2)") && card.contains("on 1 other cases"), card);
    Path out = folder.resolve("evaluated.csv");
    assertEquals(
        0,
        new CommandLine(new EvaluateCommand())
            .execute(recipe.toString(), "--model", run.resolve("bundle").toString(), "--out", out.toString()));
    assertEquals("b2", Files.readAllLines(out).get(1).split(",")[0]);
  }
}

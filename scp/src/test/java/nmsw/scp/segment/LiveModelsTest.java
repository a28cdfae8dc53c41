package nmsw.scp.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveModelsTest {
  @TempDir Path models;
  private final List<String> events = new ArrayList<>();

  /** Says what is done with it. */
  private final class Told implements VolumeSegmenter {
    private final String name;

    Told(Path bundle) {
      name = bundle.getParent().getFileName() + " " + bundle.getFileName();
      events.add("load " + name);
    }

    @Override
    public Model model() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Result segment(Volume volume, Progress progress) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void warmUp() {
      events.add("warm up " + name);
    }

    @Override
    public void close() {
      events.add("close " + name);
    }
  }

  private void live(String name, String version) throws IOException {
    Files.writeString(Files.createDirectories(models.resolve(name)).resolve("current"), version);
  }

  @Test
  void everyModelIsLoadedAndRunOnceAndOneThatIsMissingHoldsUpNone() throws IOException {
    live("abdomen", "1");
    live("neck", "3");
    try (LiveModels live = new LiveModels(models, Told::new)) {
      live.warmUp(List.of("abdomen", "missing", "neck"));
      live.current("abdomen");
      assertEquals(
          List.of("load abdomen 1", "warm up abdomen 1", "load neck 3", "warm up neck 3"), events);
    }
  }

  @Test
  void aNewVersionReplacesTheOld() throws IOException {
    live("abdomen", "1");
    try (LiveModels live = new LiveModels(models, Told::new)) {
      live.current("abdomen");
      live("abdomen", "2");
      live.current("abdomen");
      assertEquals(List.of("load abdomen 1", "load abdomen 2", "close abdomen 1"), events);
    }
  }

  @Test
  void nothingIsLoadedAfterTheEnd() throws IOException {
    live("abdomen", "1");
    LiveModels live = new LiveModels(models, Told::new);
    live.close();
    live.warmUp(List.of("abdomen"));
    assertEquals(List.of(), events);
  }
}

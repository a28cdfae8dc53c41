package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import nmsw.volume.Volume;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that lives for months loads new versions of its models: what was loaded must go. */
class ModelLoadsTest {
  @TempDir Path folder;

  @Test
  void tenLoadsLeaveNothingBehind() throws IOException {
    TinyModel.bundle().save(folder);
    Volume volume = TinyModel.volume(20, 21, 17);
    byte[] first = null;
    int held = heldByTheEngine();
    for (int i = 0; i < 10; i++) {
      Segmenter segmenter = new Segmenter(ModelBundle.load(folder), Compute.cpu());
      byte[] labels = segmenter.segment(volume, ProgressListener.NONE).labels().labels();
      first = first == null ? labels : first;
      assertArrayEquals(first, labels);
      assertTrue(segmenter.heldArrays() > 0, "weights are held while it is open");
      segmenter.close();
      assertEquals(0, segmenter.heldArrays());
    }
    assertEquals(held, heldByTheEngine());
  }

  /** Arrays of the manager above all others, and of those below it that are open. */
  private static int heldByTheEngine() {
    try (NDManager manager = NDManager.newBaseManager()) {
      return manager.getParentManager().getManagedArrays().size();
    }
  }
}

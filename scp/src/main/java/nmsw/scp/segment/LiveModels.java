package nmsw.scp.segment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import nmsw.segmentation.ModelBundle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models in use, each in the version that {@code <models>/<name>/current} names. The file is read anew
 * for every series; a changed version is loaded then, so a model goes live between two jobs.
 */
public final class LiveModels implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveModels.class);

  private final Path models;
  private final VolumeSegmenter.Loader loader;
  private final Map<String, Loaded> loaded = new HashMap<>();
  private boolean closed;

  private record Loaded(String version, VolumeSegmenter segmenter) {}

  public LiveModels(Path models, VolumeSegmenter.Loader loader) {
    this.models = models;
    this.loader = loader;
  }

  /**
   * The live version of a model, loaded. Valid until the next call.
   *
   * @param name a model's name from the configuration
   */
  public synchronized VolumeSegmenter current(String name) throws IOException {
    Path folder = ModelBundle.currentFolder(models, name);
    String version = folder.getFileName().toString();
    Loaded old = loaded.get(name);
    if (old != null && old.version().equals(version)) {
      return old.segmenter();
    }
    VolumeSegmenter segmenter = loader.load(folder);
    loaded.put(name, new Loaded(version, segmenter));
    LOG.info("model {} version {} is live", name, version);
    if (old != null) {
      old.segmenter().close();
    }
    return segmenter;
  }

  /**
   * Loads models and runs each once, so that the first series need not wait for that. One that cannot be
   * loaded is reported, and again with its first series.
   */
  public void warmUp(Collection<String> names) {
    for (String name : names) {
      synchronized (this) {
        if (closed) {
          return;
        }
        long start = System.nanoTime();
        try {
          current(name).warmUp();
          double seconds = (System.nanoTime() - start) / 1e9;
          LOG.info("model {} warmed up in {} s", name, String.format(Locale.ROOT, "%.1f", seconds));
        } catch (CancellationException e) {
          // The process ends; nothing is wrong with the model.
          return;
        } catch (IOException | RuntimeException e) {
          LOG.error("model {} cannot be used; its series will fail until it can: {}", name, e.getMessage());
        }
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    loaded.values().forEach(model -> model.segmenter().close());
    loaded.clear();
  }
}

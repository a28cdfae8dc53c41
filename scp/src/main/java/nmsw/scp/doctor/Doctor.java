package nmsw.scp.doctor;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import nmsw.dicom.net.ClientConfig;
import nmsw.dicom.net.DicomClient;
import nmsw.dicom.net.ProposedContext;
import nmsw.dicom.net.RemoteAe;
import nmsw.dicom.net.Status;
import nmsw.scp.config.NodeConfig;
import nmsw.scp.config.Route;
import nmsw.segmentation.Compute;
import nmsw.segmentation.CudaState;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.EngineTrial;
import nmsw.segmentation.FallbackSegmenter;
import nmsw.segmentation.ModelBundle;
import nmsw.segmentation.ModelDescription;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.nn.Form;
import nmsw.segmentation.nn.NmswNet;

/**
 * Looks at everything that a node needs.
 *
 * @param models folder of the model bundles
 * @param device what networks are to run on
 * @param precision what they are to compute in
 * @param config of the node; empty looks at machine, engine and models only
 * @param echo whether to call the configured destinations
 */
public record Doctor(
    Path models,
    DeviceRequest device,
    PrecisionRequest precision,
    Optional<NodeConfig> config,
    boolean echo) {

  /** All findings, in the order of causes: what is wrong further down may follow from what is above. */
  public List<Check> examine() {
    List<Check> checks = new ArrayList<>(HostChecks.of(HostFacts.read()));
    checks.add(ClockChecks.of(Instant.now(), ClockChecks.kernel()));
    Optional<Compute> compute = engine(checks);
    if (compute.isPresent()) {
      List<String> routed =
          config.map(c -> c.routes().stream().map(Route::model).toList()).orElse(List.of());
      checks.addAll(ModelChecks.of(models, routed, name -> tryModel(name, compute.get())));
    }
    config.ifPresent(
        c -> {
          checks.addAll(new NodeChecks(c, remote -> call(c, remote)).all(echo));
          checks.add(StorageChecks.sync(NodeChecks.existing(c.dataDirectory())));
          checks.add(StorageChecks.database(c.database().url(), c.database().user(), c.database().password()));
        });
    return checks;
  }

  /** What networks run on; empty, and the reason among the checks, if nothing does. */
  private Optional<Compute> engine(List<Check> checks) {
    Compute compute;
    try {
      config
          .filter(c -> c.compute().threads() > 0)
          .ifPresent(c -> Compute.useThreads(c.compute().threads()));
      compute = Compute.on(device, precision);
    } catch (IOException e) {
      checks.add(
          Check.wrong("device", e.getMessage(), "set compute.device, or --device, to one that is there"));
      return Optional.empty();
    } catch (RuntimeException | LinkageError e) {
      checks.add(
          Check.wrong(
              "engine",
              "cannot be loaded: " + e,
              "see that ENGINE_CACHE_DIR (default ~/.djl.ai) can be written and has 1 GB (CUDA 6 GB) free"));
      return Optional.empty();
    }
    try {
      EngineTrial trial = new EngineTrial(compute);
      checks.addAll(
          EngineChecks.of(
              new EngineFacts(
                  Engine.getInstance().getVersion(),
                  JniUtils.getNumThreads(),
                  CudaState.read(),
                  compute.deviceName(),
                  trial.largestDifference(),
                  trial.gigaflops(Form.FAST),
                  OptionalDouble.of(trial.gigaflops(Form.FAST_BF16)))));
    } catch (RuntimeException e) {
      String found = "a convolution failed: " + e.getMessage();
      checks.add(Check.wrong("engine", found, "try --device cpu; see the driver"));
      return Optional.empty();
    }
    return Optional.of(compute);
  }

  private String tryModel(String name, Compute compute) throws IOException {
    ModelBundle bundle = ModelBundle.current(models, name);
    try (FallbackSegmenter segmenter = new FallbackSegmenter(bundle, compute)) {
      segmenter.warmUp();
    }
    ModelDescription model = bundle.description();
    NmswNet net = bundle.net();
    long parameters =
        bundle.weights().values().stream().mapToLong(tensor -> tensor.values().length).sum();
    return String.format(
        Locale.ROOT,
        "version %s, %s and %s, %d classes, %.1f M parameters, SHA-256 right",
        model.version(),
        net.global().name(),
        net.local().name(),
        bundle.labels().classes().size(),
        parameters / 1e6);
  }

  private static void call(NodeConfig config, RemoteAe remote) throws IOException {
    List<ProposedContext> contexts = List.of(ProposedContext.verification());
    try (DicomClient client =
        DicomClient.connect(remote, config.aeTitle(), contexts, ClientConfig.defaults())) {
      Status status = client.echo();
      if (!status.isSuccess()) {
        throw new IOException("answered C-ECHO with " + status);
      }
    }
  }
}

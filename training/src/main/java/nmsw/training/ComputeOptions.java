package nmsw.training;

import java.io.IOException;
import nmsw.segmentation.Compute;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** What networks run on, in float32. */
public final class ComputeOptions {
  static final class DeviceConverter implements ITypeConverter<DeviceRequest> {
    @Override
    public DeviceRequest convert(String text) {
      try {
        return DeviceRequest.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda|cuda:N",
      defaultValue = "auto",
      converter = DeviceConverter.class,
      description = "What networks run on; default: auto, the GPU where one can be used.")
  private DeviceRequest device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads of the engine on the CPU; default: 0, one per core.")
  private int threads;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /**
   * Sets the threads for the process; says in the log which device was taken and why.
   *
   * @throws IOException if a GPU is asked for that cannot be used; the message says what to do
   */
  public Compute use() throws IOException {
    if (threads < 0) {
      throw new ParameterException(spec.commandLine(), "--threads must be 0 or more");
    }
    Compute.useThreads(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
    return Compute.on(device, PrecisionRequest.F32);
  }
}

package nmsw.scp.cli;

import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import picocli.CommandLine.Option;

/** What the network runs on, and in which precision. */
final class DeviceOptions {
  static final class DeviceConverter extends ParsedOption<DeviceRequest> {
    DeviceConverter() {
      super(DeviceRequest::parse);
    }
  }

  static final class PrecisionConverter extends ParsedOption<PrecisionRequest> {
    PrecisionConverter() {
      super(PrecisionRequest::parse);
    }
  }

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda|cuda:N",
      converter = DeviceConverter.class,
      description = "What the network runs on (default: the configuration's, else auto).")
  private DeviceRequest device;

  @Option(
      names = "--precision",
      paramLabel = "auto|f32|bf16",
      converter = PrecisionConverter.class,
      description =
          "What the network computes in; auto is bf16 where the device has instructions for it (default: the"
              + " configuration's, else auto).")
  private PrecisionRequest precision;

  /** The device asked for, else the one given. */
  DeviceRequest or(DeviceRequest other) {
    return device == null ? other : device;
  }

  /** The precision asked for, else the one given. */
  PrecisionRequest or(PrecisionRequest other) {
    return precision == null ? other : precision;
  }
}

package nmsw.scp.cli;

import nmsw.segmentation.DeviceRequest;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the network runs on. */
final class DeviceOptions {
  static final class DeviceConverter implements ITypeConverter<DeviceRequest> {
    @Override
    public DeviceRequest convert(String value) {
      try {
        return DeviceRequest.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda|cuda:N",
      converter = DeviceConverter.class,
      description = "What the network runs on (default: the configuration's, else auto).")
  private DeviceRequest device;

  /** The device asked for, else the one given. */
  DeviceRequest or(DeviceRequest other) {
    return device == null ? other : device;
  }
}

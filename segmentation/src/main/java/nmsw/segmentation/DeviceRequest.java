package nmsw.segmentation;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The device that an operator asks for: {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}.
 *
 * @param index of the GPU, from 0; 0 unless {@code cuda:N} was asked for
 */
public record DeviceRequest(Kind kind, int index) {
  /** The GPU where one can be used, else the CPU. */
  public static final DeviceRequest AUTO = new DeviceRequest(Kind.AUTO, 0);

  public static final DeviceRequest CPU = new DeviceRequest(Kind.CPU, 0);

  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  /** AUTO takes what is there; the others take that or nothing. */
  public enum Kind {
    AUTO,
    CPU,
    CUDA
  }

  /**
   * @throws IllegalArgumentException if the text names no device
   */
  public static DeviceRequest parse(String text) {
    Matcher cuda = CUDA.matcher(text);
    if (cuda.matches()) {
      return new DeviceRequest(Kind.CUDA, cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1)));
    }
    return switch (text) {
      case "auto" -> AUTO;
      case "cpu" -> CPU;
      default -> throw new IllegalArgumentException("'" + text + "' is not auto, cpu, cuda or cuda:N");
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case AUTO -> "auto";
      case CPU -> "cpu";
      case CUDA -> "cuda:" + index;
    };
  }
}

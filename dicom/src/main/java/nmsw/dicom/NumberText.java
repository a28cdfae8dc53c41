package nmsw.dicom;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Numbers as the text of IS and DS (PS3.5 §6.2), and as the bytes of the binary VRs. */
final class NumberText {
  private static final int DS_LENGTH = 16;
  /** Longer than any number; bounds the work that a hostile value can cause. */
  private static final int LONGEST_READ = 64;

  private NumberText() {}

  /** The number, or NaN; longer texts than the standard allows are read too. */
  static double parse(String text) {
    String number = text.trim();
    if (number.isEmpty() || number.length() > LONGEST_READ) {
      return Double.NaN;
    }
    for (int i = 0; i < number.length(); i++) {
      if ("0123456789+-.eE".indexOf(number.charAt(i)) < 0) {
        return Double.NaN;
      }
    }
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** The shortest text of at most 16 characters that is nearest to the number. */
  static String decimal(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("DS cannot hold " + value);
    }
    if (value == 0) {
      return "0";
    }
    BigDecimal exact = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    // Rounding up must not go beyond the largest double.
    RoundingMode mode = Math.abs(value) < 1e308 ? RoundingMode.HALF_EVEN : RoundingMode.DOWN;
    for (int digits = exact.precision(); digits > 0; digits--) {
      BigDecimal rounded = exact.round(new MathContext(digits, mode)).stripTrailingZeros();
      String plain = Math.abs(rounded.scale()) > 2 * DS_LENGTH ? "" : rounded.toPlainString();
      if (!plain.isEmpty() && plain.length() <= DS_LENGTH) {
        return plain;
      }
      String scientific = scientific(rounded);
      if (scientific.length() <= DS_LENGTH) {
        return scientific;
      }
    }
    throw new IllegalStateException("one digit and an exponent fit in 16 characters");
  }

  private static String scientific(BigDecimal value) {
    String digits = value.unscaledValue().abs().toString();
    int exponent = digits.length() - 1 - value.scale();
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return (value.signum() < 0 ? "-" : "") + digits.charAt(0) + fraction + "E" + exponent;
  }

  static byte[] encode(int tag, VR vr, double... values) {
    if (vr == VR.DS) {
      return ascii(Arrays.stream(values).mapToObj(NumberText::decimal).collect(Collectors.joining("\\")));
    }
    if (vr == VR.IS) {
      return ascii(
          Arrays.stream(values)
              .mapToObj(v -> Long.toString(whole(tag, vr, v, Integer.MIN_VALUE, Integer.MAX_VALUE)))
              .collect(Collectors.joining("\\")));
    }
    int unit = vr == VR.AT ? 4 : vr.unit();
    ByteBuffer buffer = ByteBuffer.allocate(values.length * unit).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (vr) {
        case US, OW -> buffer.putShort((short) whole(tag, vr, value, 0, 0xFFFF));
        case SS -> buffer.putShort((short) whole(tag, vr, value, Short.MIN_VALUE, Short.MAX_VALUE));
        case UL, OL -> buffer.putInt((int) whole(tag, vr, value, 0, 0xFFFFFFFFL));
        case SL -> buffer.putInt((int) whole(tag, vr, value, Integer.MIN_VALUE, Integer.MAX_VALUE));
        case UV, OV -> buffer.putLong(whole(tag, vr, value, 0, Long.MAX_VALUE));
        case SV -> buffer.putLong(whole(tag, vr, value, Long.MIN_VALUE, Long.MAX_VALUE));
        case FL, OF -> buffer.putFloat((float) value);
        case FD, OD -> buffer.putDouble(value);
        case AT -> {
          // As an int a tag above 7FFF,FFFF is negative: both ways of counting are welcome.
          int number = (int) whole(tag, vr, value, Integer.MIN_VALUE, 0xFFFFFFFFL);
          buffer.putShort((short) (number >>> 16)).putShort((short) number);
        }
        default -> throw new IllegalArgumentException(Tag.describe(tag) + " has VR " + vr + ", no numbers");
      }
    }
    return buffer.array();
  }

  /** See {@link Element#ofNumbers}. */
  static byte[] encode(int tag, VR vr, List<String> numbers) {
    if (vr == VR.DS || vr == VR.IS) {
      return ascii(numbers.stream().map(number -> text(tag, vr, number)).collect(Collectors.joining("\\")));
    }
    int unit = vr == VR.AT ? 4 : vr.unit();
    ByteBuffer buffer = ByteBuffer.allocate(numbers.size() * unit).order(ByteOrder.LITTLE_ENDIAN);
    for (String number : numbers) {
      switch (vr) {
        case US -> buffer.putShort((short) integer(tag, vr, number, Short.SIZE, false));
        case SS -> buffer.putShort((short) integer(tag, vr, number, Short.SIZE, true));
        case UL -> buffer.putInt((int) integer(tag, vr, number, Integer.SIZE, false));
        case SL -> buffer.putInt((int) integer(tag, vr, number, Integer.SIZE, true));
        case UV -> buffer.putLong(integer(tag, vr, number, Long.SIZE, false));
        case SV -> buffer.putLong(integer(tag, vr, number, Long.SIZE, true));
        case FL -> buffer.putFloat((float) floating(tag, vr, number));
        case FD -> buffer.putDouble(floating(tag, vr, number));
        case AT -> {
          if (!number.matches("[0-9A-Fa-f]{8}")) {
            throw none(tag, vr);
          }
          int pointer = Integer.parseUnsignedInt(number, 16);
          buffer.putShort((short) (pointer >>> 16)).putShort((short) pointer);
        }
        default -> throw new IllegalArgumentException(Tag.describe(tag) + " has VR " + vr + ", no numbers");
      }
    }
    return buffer.array();
  }

  /** The text itself where it is allowed. */
  private static String text(int tag, VR vr, String number) {
    if (ValueRules.isAllowed(vr, number)) {
      return number;
    }
    return ValueRules.repaired(vr, number).orElseThrow(() -> none(tag, vr));
  }

  private static long integer(int tag, VR vr, String number, int bits, boolean signed) {
    if (number.length() > 20 || !number.matches("-?\\d+")) {
      throw none(tag, vr);
    }
    BigInteger value = new BigInteger(number);
    BigInteger least = signed ? BigInteger.ONE.shiftLeft(bits - 1).negate() : BigInteger.ZERO;
    BigInteger beyond = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits);
    if (value.compareTo(least) < 0 || value.compareTo(beyond) >= 0) {
      throw none(tag, vr);
    }
    return value.longValue();
  }

  private static double floating(int tag, VR vr, String number) {
    switch (number) {
      case "NaN":
        return Double.NaN;
      case "Infinity":
        return Double.POSITIVE_INFINITY;
      case "-Infinity":
        return Double.NEGATIVE_INFINITY;
      default:
        double value = parse(number);
        if (!Double.isFinite(value) || vr == VR.FL && !Float.isFinite((float) value)) {
          throw none(tag, vr);
        }
        // A float's own digits, not those of a double that was rounded first.
        return vr == VR.FL ? Float.parseFloat(number) : value;
    }
  }

  private static IllegalArgumentException none(int tag, VR vr) {
    return new IllegalArgumentException(Tag.describe(tag) + ": a value is no " + vr);
  }

  private static long whole(int tag, VR vr, double value, long least, long most) {
    if (value != Math.rint(value) || value < least || value > most) {
      throw new IllegalArgumentException(Tag.describe(tag) + " " + vr + " cannot hold " + value);
    }
    return (long) value;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

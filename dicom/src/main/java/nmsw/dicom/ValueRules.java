package nmsw.dicom;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What PS3.5 table 6.2-1 allows one value of a text VR to be, and what values that break it were meant to be. */
final class ValueRules {
  private static final Pattern APPLICATION_ENTITY = Pattern.compile("[ -\\[\\]-~]{0,16}");
  private static final Pattern AGE = Pattern.compile("\\d{3}[DWMY]");
  private static final Pattern CODE = Pattern.compile("[A-Z0-9 _]{0,16}");
  private static final Pattern DATE = Pattern.compile("(\\d{4})(\\d{2})(\\d{2})");
  private static final Pattern DECIMAL = Pattern.compile(" *[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)? *");
  private static final Pattern INTEGER = Pattern.compile(" *[+-]?\\d{1,12} *");
  private static final Pattern TIME =
      Pattern.compile("([01]\\d|2[0-3])([0-5]\\d(([0-5]\\d|60)(\\.\\d{1,6})?)?)?");
  private static final Pattern DATE_TIME = Pattern.compile("(\\d{4,8})(\\d{2,6}(?:\\.\\d{1,6})?)?([+-]\\d{4})?");
  private static final Pattern OFFSET = Pattern.compile("[+-](0\\d|1[0-4])[0-5]\\d");
  private static final Pattern UID = Pattern.compile("(0|[1-9]\\d*)(\\.(0|[1-9]\\d*))*");
  private static final Pattern UID_CHARACTERS = Pattern.compile("\\d+(\\.\\d+)*");
  private static final int UID_LENGTH = 64;
  private static final int NAME_GROUPS = 3;
  private static final int NAME_COMPONENTS = 5;

  private static final Pattern SEPARATED_DATE = Pattern.compile("(\\d{4})([-./])(\\d{2})\\2(\\d{2})");
  private static final Pattern SEPARATED_TIME = Pattern.compile("(\\d{2}):(\\d{2})(?::(\\d{2}(?:\\.\\d{1,6})?))?");
  private static final Pattern SHORT_AGE = Pattern.compile("(\\d{1,3})([dwmyDWMY])");
  private static final Pattern WHOLE_DECIMAL = Pattern.compile("([+-]?\\d{1,12})\\.0*");

  private ValueRules() {}

  /** Whether the value, with blanks that are there but without the padding, is allowed; empty ones are. */
  static boolean isAllowed(VR vr, String value) {
    if (value.isEmpty()) {
      return true;
    }
    return switch (vr) {
      case AE -> matches(APPLICATION_ENTITY, value) && !value.isBlank();
      case AS -> matches(AGE, value);
      case CS -> matches(CODE, value);
      case DA -> isDate(value);
      case DS -> value.length() <= 16 && matches(DECIMAL, value);
      case DT -> isDateTime(value);
      case IS -> isInteger(value);
      case LO, SH -> length(value) <= (vr == VR.LO ? 64 : 16) && hasNoControls(value, "\u001B");
      case LT, ST, UT -> length(value) <= longest(vr) && hasNoControls(value, "\t\n\f\r\u001B");
      case PN -> isName(value);
      case TM -> matches(TIME, value.stripTrailing());
      case UC -> hasNoControls(value, "\u001B");
      case UI -> value.length() <= UID_LENGTH && matches(UID, value);
      case UR -> value.chars().allMatch(c -> c >= '!' && c <= '~' && "\"<>\\^`{|}".indexOf(c) < 0);
      default -> true;
    };
  }

  private static boolean matches(Pattern pattern, String value) {
    return pattern.matcher(value).matches();
  }

  /** In characters, as the standard counts. */
  private static int length(String value) {
    return value.codePointCount(0, value.length());
  }

  private static int longest(VR vr) {
    return switch (vr) {
      case ST -> 1024;
      case LT -> 10_240;
      default -> Integer.MAX_VALUE;
    };
  }

  private static boolean hasNoControls(String value, String allowed) {
    return value.chars().allMatch(c -> c >= ' ' && c != 0x7F || allowed.indexOf(c) >= 0);
  }

  private static boolean isName(String value) {
    String[] groups = value.split("=", -1);
    if (groups.length > NAME_GROUPS || !hasNoControls(value, "\u001B")) {
      return false;
    }
    for (String group : groups) {
      if (length(group) > 64 || group.split("\\^", -1).length > NAME_COMPONENTS) {
        return false;
      }
    }
    return true;
  }

  private static boolean isInteger(String value) {
    if (value.length() > 12 || !matches(INTEGER, value)) {
      return false;
    }
    long number = Long.parseLong(value.strip());
    return number == (int) number;
  }

  private static boolean isDate(String value) {
    Matcher date = DATE.matcher(value);
    return date.matches() && isDate(date.group(1), date.group(2), date.group(3));
  }

  private static boolean isDate(String year, String month, String day) {
    try {
      LocalDate.of(Integer.parseInt(year), Integer.parseInt(month), Integer.parseInt(day));
      return true;
    } catch (DateTimeException e) {
      return false;
    }
  }

  /** Left out from the right, in pairs of digits; the time only behind a whole date. */
  private static boolean isDateTime(String value) {
    Matcher parts = DATE_TIME.matcher(value.stripTrailing());
    if (!parts.matches()) {
      return false;
    }
    String date = parts.group(1);
    String time = parts.group(2);
    String offset = parts.group(3);
    boolean dateFits = date.length() % 2 == 0 && isDate((date + "0101".substring(date.length() - 4)));
    boolean timeFits = time == null || date.length() == 8 && matches(TIME, time);
    return dateFits && timeFits && (offset == null || matches(OFFSET, offset));
  }

  /**
   * The allowed value that was meant, where that is plain; never a guess at what is missing.
   *
   * @return empty for an allowed value too, which needs no repair
   */
  static Optional<String> repaired(VR vr, String value) {
    if (isAllowed(vr, value)) {
      return Optional.empty();
    }
    String stripped = value.strip();
    String meant = isAllowed(vr, stripped) ? stripped : meant(vr, stripped);
    return isAllowed(vr, meant) ? Optional.of(meant) : Optional.empty();
  }

  private static String meant(VR vr, String value) {
    return switch (vr) {
      case AS -> {
        Matcher age = SHORT_AGE.matcher(value);
        yield age.matches() ? "0".repeat(3 - age.group(1).length()) + upper(age.group()) : value;
      }
      case CS -> upper(value);
      case DA -> compactDate(value);
      case DS -> decimal(value);
      case DT -> compactDateTime(value);
      case IS -> {
        Matcher whole = WHOLE_DECIMAL.matcher(value);
        yield whole.matches() ? whole.group(1) : value;
      }
      case TM -> compactTime(value);
      default -> value;
    };
  }

  private static String upper(String value) {
    byte[] ascii = value.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < ascii.length; i++) {
      ascii[i] -= ascii[i] >= 'a' && ascii[i] <= 'z' ? 'a' - 'A' : 0;
    }
    return new String(ascii, StandardCharsets.ISO_8859_1);
  }

  private static String compactDate(String value) {
    Matcher date = SEPARATED_DATE.matcher(value);
    return date.matches() ? date.group(1) + date.group(3) + date.group(4) : value;
  }

  private static String compactTime(String value) {
    Matcher time = SEPARATED_TIME.matcher(value);
    return time.matches() ? time.group(1) + time.group(2) + (time.group(3) == null ? "" : time.group(3)) : value;
  }

  private static String compactDateTime(String value) {
    String[] parts = value.split("[T ]", 2);
    return parts.length == 1 ? compactDate(value) : compactDate(parts[0]) + compactTime(parts[1]);
  }

  /** To what 16 characters hold. */
  private static String decimal(String value) {
    double number = NumberText.parse(value);
    return matches(DECIMAL, value) && Double.isFinite(number) ? NumberText.decimal(number) : value;
  }

  /** Whether the value can be used although it is not allowed: nothing in it does harm or is taken for another. */
  static boolean isUsable(VR vr, String value) {
    return switch (vr) {
      case AS, CS, DA, DS, DT, IS, TM -> isAllowed(vr, value) || repaired(vr, value).isPresent();
      case UI -> value.strip().length() <= UID_LENGTH && (value.isBlank() || matches(UID_CHARACTERS, value.strip()));
      case AE, UR -> isAllowed(vr, value.strip());
      default -> !vr.isText() || hasNoControls(value, "\t\n\f\r\u001B");
    };
  }
}

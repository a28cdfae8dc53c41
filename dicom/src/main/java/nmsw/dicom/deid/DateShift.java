package nmsw.dicom.deid;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nmsw.dicom.VR;

/** Moves the dates of one patient back by whole days, so that intervals and times of day stay. */
final class DateShift {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuuMMdd").withResolverStyle(ResolverStyle.STRICT);
  private static final Pattern DA = Pattern.compile("(\\d{4})\\.?(\\d{2})\\.?(\\d{2})()");
  private static final Pattern DT =
      Pattern.compile("(\\d{4})(\\d{2})(\\d{2})((?:\\d{2}){0,3}(?:\\.\\d{1,6})?(?:[+-]\\d{4})?)");
  private static final Pattern TM = Pattern.compile("\\d{2}(?::?\\d{2}(?::?\\d{2}(?:\\.\\d{1,6})?)?)?");

  private final int days;

  DateShift(int days) {
    this.days = days;
  }

  /** The values to take instead; nothing if one is no whole date (or time of day) of that VR. */
  Optional<List<String>> shifted(VR vr, List<String> values) {
    List<String> shifted = new ArrayList<>();
    for (String value : values) {
      Optional<String> one = value.isEmpty() ? Optional.of("") : shifted(vr, value);
      if (one.isEmpty()) {
        return Optional.empty();
      }
      shifted.add(one.get());
    }
    return Optional.of(shifted);
  }

  private Optional<String> shifted(VR vr, String value) {
    return switch (vr) {
      case DA -> shifted(DA.matcher(value));
      case DT -> shifted(DT.matcher(value));
      case TM -> TM.matcher(value).matches() ? Optional.of(value) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private Optional<String> shifted(Matcher date) {
    if (!date.matches()) {
      return Optional.empty();
    }
    try {
      LocalDate day = LocalDate.parse(date.group(1) + date.group(2) + date.group(3), DATE).minusDays(days);
      return day.getYear() < 1 ? Optional.empty() : Optional.of(DATE.format(day) + date.group(4));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}

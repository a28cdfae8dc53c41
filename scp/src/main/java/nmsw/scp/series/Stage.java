package nmsw.scp.series;

import java.util.Locale;

/** The stages whose time is measured, in the order a series goes through them. */
public enum Stage {
  RECEIVE,
  DECODE,
  RESAMPLE,
  GLOBAL,
  SELECT,
  LOCAL,
  FUSE,
  BACK_RESAMPLE,
  ENCODE,
  SEND;

  /** As shown in logs and tables, e.g. {@code back-resample}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}

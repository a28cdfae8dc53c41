package nmsw.scp.doctor;

/**
 * One thing that was looked at.
 *
 * @param name what
 * @param found what it is
 * @param advice what to do about it; empty where there is nothing to do
 */
public record Check(String name, State state, String found, String advice) {
  /** NOTE is worth knowing and works; WRONG does not. */
  public enum State {
    GOOD,
    NOTE,
    WRONG
  }

  static Check good(String name, String found) {
    return new Check(name, State.GOOD, found, "");
  }

  static Check note(String name, String found, String advice) {
    return new Check(name, State.NOTE, found, advice);
  }

  static Check wrong(String name, String found, String advice) {
    return new Check(name, State.WRONG, found, advice);
  }
}

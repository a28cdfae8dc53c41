package nmsw.scp.config;

import java.io.IOException;

/** Why a node cannot start, in words for its operator. */
public final class StartException extends IOException {
  private static final long serialVersionUID = 1;

  /** What it needs and cannot have. */
  public enum Need {
    DATA_DIRECTORY(false),
    CERTIFICATE(false),
    MODEL(false),
    NAME(true),
    PORT(true),
    DATABASE(true);

    private final boolean maySoonBeHad;

    Need(boolean maySoonBeHad) {
      this.maySoonBeHad = maySoonBeHad;
    }

    /** Whether a later try can do without anybody's help: something else has it, or it is on another machine. */
    public boolean maySoonBeHad() {
      return maySoonBeHad;
    }
  }

  private final Need need;

  public StartException(Need need, String message, Throwable cause) {
    super(message, cause);
    this.need = need;
  }

  public StartException(Need need, String message) {
    this(need, message, null);
  }

  public Need need() {
    return need;
  }
}

package nmsw.segmentation;

/** A segmentation needs more memory than there is; says how much of both. */
public final class NotEnoughMemory extends RuntimeException {
  private static final long serialVersionUID = 1;

  NotEnoughMemory(String message) {
    super(message);
  }

  NotEnoughMemory(String message, Throwable cause) {
    super(message, cause);
  }
}

package nmsw.scp.work;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;
import nmsw.dicom.DicomException;
import nmsw.segmentation.DeviceLost;
import nmsw.segmentation.NotEnoughMemory;

/**
 * Why an attempt to segment a series failed.
 *
 * @param code the kind of error, as in {@link nmsw.scp.series.SeriesRecord#code()}
 * @param text what happened, for people
 * @param canPass whether another attempt can do better
 * @param cause where it was thrown; empty if the attempt never came to its end
 */
record Failure(String code, String text, boolean canPass, Optional<Throwable> cause) {
  /** A model's version that cannot be loaded. */
  static final class UnusableModel extends IOException {
    private static final long serialVersionUID = 1;

    UnusableModel(String name, IOException cause) {
      super("model " + name + " cannot be used: " + cause.getMessage(), cause);
    }
  }

  static Failure of(Throwable cause) {
    if (cause instanceof OutOfMemoryError || cause instanceof NotEnoughMemory) {
      return of("OUT_OF_MEMORY", true, cause);
    }
    if (cause instanceof DeviceLost) {
      return of("DEVICE_LOST", true, cause);
    }
    if (cause instanceof UnusableModel) {
      return of("MODEL_UNUSABLE", isOfTheDisk(cause.getCause()), cause);
    }
    if (cause instanceof IOException) {
      // What an object says stays as it is; what a disk says need not.
      return of("IO_ERROR", !(cause instanceof DicomException), cause);
    }
    return of("INTERNAL_ERROR", true, cause);
  }

  /** An attempt that ended without a word: with the process, or with the machine that it was made on. */
  static Failure interrupted(String node) {
    String text = "the process of node " + node + " ended, or lost the database, during the attempt";
    return new Failure("INTERRUPTED", text, true, Optional.empty());
  }

  private static Failure of(String code, boolean canPass, Throwable cause) {
    String text = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return new Failure(code, text, canPass, Optional.of(cause));
  }

  /** Whether the disk failed, rather than that it holds something else than it should. */
  private static boolean isOfTheDisk(Throwable cause) {
    return cause instanceof FileSystemException
        && !(cause instanceof NoSuchFileException
            || cause instanceof NotDirectoryException
            || cause instanceof AccessDeniedException);
  }
}

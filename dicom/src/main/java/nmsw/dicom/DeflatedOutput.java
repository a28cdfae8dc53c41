package nmsw.dicom;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Deflates a data set (PS3.5 §A.5): no zlib header, and a zero byte where the length would be odd. */
final class DeflatedOutput extends DeflaterOutputStream {
  private static final int BUFFER = 1 << 13;
  private boolean finished;

  DeflatedOutput(OutputStream out) {
    super(out, new Deflater(Deflater.DEFAULT_COMPRESSION, true), BUFFER);
  }

  @Override
  public void finish() throws IOException {
    if (finished) {
      return;
    }
    finished = true;
    super.finish();
    if (def.getBytesWritten() % 2 != 0) {
      out.write(0);
    }
  }

  /** Frees the deflater; finishes nothing and leaves the stream below open. */
  @Override
  public void close() {
    def.end();
  }
}

package nmsw.dicom;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compares the pixels of files. */
public final class Pixels {
  private Pixels() {}

  /** Every frame of a file. */
  public static List<int[]> decoded(Path path) throws IOException {
    DicomFile file = DicomReader.read(path);
    List<int[]> frames = new ArrayList<>();
    for (int frame = 0; frame < PixelDecoder.frames(file.dataset()); frame++) {
      frames.add(PixelDecoder.decode(file.dataset(), file.transferSyntax(), frame));
    }
    return frames;
  }

  /** The largest difference of any two values. */
  public static int difference(List<int[]> expected, List<int[]> frames) {
    assertEquals(expected.size(), frames.size());
    int largest = 0;
    for (int frame = 0; frame < frames.size(); frame++) {
      assertEquals(expected.get(frame).length, frames.get(frame).length);
      for (int i = 0; i < frames.get(frame).length; i++) {
        largest = Math.max(largest, Math.abs(expected.get(frame)[i] - frames.get(frame)[i]));
      }
    }
    return largest;
  }
}

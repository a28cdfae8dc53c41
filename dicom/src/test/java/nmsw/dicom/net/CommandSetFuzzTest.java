package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;

/** Any command is read or refused; what is read can be answered and is written the same again. */
class CommandSetFuzzTest {
  @FuzzTest
  void anyCommandIsReadOrRefused(byte[] bytes) throws DicomException {
    CommandSet command;
    try {
      command = CommandSet.decode(bytes);
    } catch (DicomException refused) {
      return;
    }
    command.text(Tag.AffectedSOPInstanceUID);
    try {
      command.hasDataset();
      command.response(Status.SUCCESS).comment(command.text(Tag.ErrorComment)).encode();
    } catch (DicomException incomplete) {
      // No message id, or nothing that says whether a data set follows.
    }
    byte[] once = command.encode();
    assertArrayEquals(once, CommandSet.decode(once).encode());
  }
}

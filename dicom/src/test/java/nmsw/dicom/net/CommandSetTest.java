package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;

class CommandSetTest {
  @Example
  void isWrittenInOrderWithItsGroupLength() {
    byte[] bytes =
        new CommandSet(CommandSet.C_ECHO_RQ)
            .put(Tag.MessageID, 0x1234)
            .put(Tag.AffectedSOPClassUID, "1.2.3")
            .encode();
    assertArrayEquals(
        new byte[] {
          0, 0, 0, 0, 4, 0, 0, 0, 44, 0, 0, 0,
          0, 0, 2, 0, 6, 0, 0, 0, '1', '.', '2', '.', '3', 0,
          0, 0, 0, 1, 2, 0, 0, 0, 0x30, 0,
          0, 0, 0x10, 1, 2, 0, 0, 0, 0x34, 0x12,
          0, 0, 0, 8, 2, 0, 0, 0, 1, 1
        },
        bytes);
  }

  @Example
  void isReadBack() throws DicomException {
    CommandSet command =
        CommandSet.decode(RawPeer.storeRequest("1.2", "1.2.3").put(Tag.MessageID, 65535).encode());
    assertEquals(CommandSet.C_STORE_RQ, command.field());
    assertEquals(65535, command.messageId());
    assertEquals("1.2.3", command.text(Tag.AffectedSOPInstanceUID));
    assertTrue(command.hasDataset());
    assertTrue(command.isRequest());
    CommandSet response =
        CommandSet.decode(command.response(new Status(0xA700)).comment("a\\b\u00e4").encode());
    assertFalse(response.isRequest());
    assertFalse(response.hasDataset());
    assertEquals(65535, response.requireInteger(Tag.MessageIDBeingRespondedTo));
    assertEquals(0xA700, response.requireInteger(Tag.Status));
    assertEquals("a?b?", response.text(Tag.ErrorComment));
    assertEquals("1.2", response.text(Tag.AffectedSOPClassUID));
  }

  @Example
  void commentsFitTheirElement() throws DicomException {
    CommandSet request = RawPeer.echoRequest();
    assertEquals(64, request.comment("x".repeat(500)).text(Tag.ErrorComment).length());
  }

  @Property
  void randomBytesAreReadOrRefused(@ForAll byte[] bytes) {
    try {
      CommandSet.decode(bytes);
    } catch (DicomException e) {
      assertTrue(e.getMessage().contains("command set"), e.getMessage());
    }
  }

  @Property
  void mutatedCommandsAreReadOrRefused(@ForAll int position, @ForAll byte value, @ForAll int cut) {
    byte[] bytes = RawPeer.storeRequest("1.2", "1.2.3").encode();
    bytes[Math.floorMod(position, bytes.length)] = value;
    byte[] shortened = Arrays.copyOf(bytes, Math.floorMod(cut, bytes.length + 1));
    try {
      CommandSet.decode(shortened);
    } catch (DicomException e) {
      assertTrue(e.getMessage().contains("command set"), e.getMessage());
    }
  }

  @Example
  void valueBeyondTheEndIsRefused() {
    byte[] bytes = {0, 0, 0, 1, -1, -1, -1, 0x7F};
    assertThrows(DicomException.class, () -> CommandSet.decode(bytes));
  }
}

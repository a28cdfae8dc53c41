package nmsw.dicom.net;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import nmsw.dicom.DicomException;
import nmsw.dicom.Tag;

/** A DIMSE command: group 0000 in Implicit VR Little Endian (PS3.7 §6.3.1). */
final class CommandSet {
  static final int C_STORE_RQ = 0x0001;
  static final int C_STORE_RSP = 0x8001;
  static final int C_GET_RQ = 0x0010;
  static final int C_FIND_RQ = 0x0020;
  static final int C_MOVE_RQ = 0x0021;
  static final int C_ECHO_RQ = 0x0030;
  static final int C_ECHO_RSP = 0x8030;
  static final int N_EVENT_REPORT_RQ = 0x0100;
  static final int N_ACTION_RQ = 0x0130;
  static final int C_CANCEL_RQ = 0x0FFF;
  static final int RESPONSE = 0x8000;

  private static final int NO_DATASET = 0x0101;
  private static final int SOME_DATASET = 0x0001;

  private final Map<Integer, byte[]> elements = new TreeMap<>();

  CommandSet(int commandField) {
    put(Tag.CommandField, commandField);
    put(Tag.CommandDataSetType, NO_DATASET);
  }

  private CommandSet() {}

  static CommandSet decode(byte[] bytes) throws DicomException {
    CommandSet command = new CommandSet();
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (in.hasRemaining()) {
        int group = in.getShort() & 0xFFFF;
        int element = in.getShort() & 0xFFFF;
        int length = in.getInt();
        if (group != 0 || length < 0 || length > in.remaining()) {
          throw new DicomException(
              String.format(
                  "command set has element (%04X,%04X) of %d bytes where %d are left",
                  group, element, length & 0xFFFFFFFFL, in.remaining()));
        }
        byte[] value = new byte[length];
        in.get(value);
        command.elements.put(element, value);
      }
    } catch (BufferUnderflowException e) {
      throw new DicomException("command set ends inside an element", e);
    }
    command.field();
    return command;
  }

  byte[] encode() {
    elements.remove(Tag.CommandGroupLength);
    int length = elements.values().stream().mapToInt(value -> 8 + value.length).sum();
    ByteBuffer out = ByteBuffer.allocate(12 + length).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(Tag.CommandGroupLength).putInt(4).putInt(length);
    elements.forEach(
        (tag, value) -> out.putShort((short) 0).putShort(tag.shortValue()).putInt(value.length).put(value));
    return out.array();
  }

  CommandSet put(int tag, int value) {
    elements.put(tag, new byte[] {(byte) value, (byte) (value >> 8)});
    return this;
  }

  /** Text padded to even length: UIDs with a zero byte, the rest with a blank. */
  CommandSet put(int tag, String value) {
    byte[] text = value.getBytes(StandardCharsets.US_ASCII);
    byte[] padded = Arrays.copyOf(text, text.length + text.length % 2);
    boolean isUid = tag != Tag.ErrorComment && tag != Tag.MoveDestination;
    if (padded.length > text.length && !isUid) {
      padded[text.length] = ' ';
    }
    elements.put(tag, padded);
    return this;
  }

  CommandSet withDataset() {
    return put(Tag.CommandDataSetType, SOME_DATASET);
  }

  /** The first 16-bit value. */
  OptionalInt integer(int tag) {
    byte[] value = elements.get(tag);
    return value == null || value.length < 2
        ? OptionalInt.empty()
        : OptionalInt.of(value[0] & 0xFF | (value[1] & 0xFF) << 8);
  }

  int requireInteger(int tag) throws DicomException {
    return integer(tag)
        .orElseThrow(() -> new DicomException("command set lacks " + Tag.describe(tag)));
  }

  /** Text without its padding, "" if absent. */
  String text(int tag) {
    byte[] value = elements.getOrDefault(tag, new byte[0]);
    int end = value.length;
    while (end > 0 && (value[end - 1] == 0 || value[end - 1] == ' ')) {
      end--;
    }
    return new String(value, 0, end, StandardCharsets.US_ASCII).strip();
  }

  int field() throws DicomException {
    return requireInteger(Tag.CommandField);
  }

  int messageId() throws DicomException {
    return requireInteger(Tag.MessageID);
  }

  boolean hasDataset() throws DicomException {
    return requireInteger(Tag.CommandDataSetType) != NO_DATASET;
  }

  boolean isRequest() throws DicomException {
    return (field() & RESPONSE) == 0;
  }

  /** The response to this request, naming what the request was about. */
  CommandSet response(Status status) throws DicomException {
    CommandSet response = new CommandSet(field() | RESPONSE);
    response.put(Tag.MessageIDBeingRespondedTo, messageId()).put(Tag.Status, status.code());
    copy(Tag.AffectedSOPClassUID, response, Tag.AffectedSOPClassUID);
    copy(Tag.AffectedSOPInstanceUID, response, Tag.AffectedSOPInstanceUID);
    copy(Tag.RequestedSOPClassUID, response, Tag.AffectedSOPClassUID);
    copy(Tag.RequestedSOPInstanceUID, response, Tag.AffectedSOPInstanceUID);
    copy(Tag.ActionTypeID, response, Tag.ActionTypeID);
    copy(Tag.EventTypeID, response, Tag.EventTypeID);
    return response;
  }

  private void copy(int tag, CommandSet target, int targetTag) {
    if (elements.containsKey(tag)) {
      target.elements.put(targetTag, elements.get(tag));
    }
  }

  /** Adds why, in as much as fits an LO of plain ASCII. */
  CommandSet comment(String why) {
    String plain = why.replaceAll("[^ -~]|\\\\", "?");
    return put(Tag.ErrorComment, plain.substring(0, Math.min(64, plain.length())));
  }
}

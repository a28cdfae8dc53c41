package nmsw.dicom.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import nmsw.dicom.net.Pdu.UserItem;

class PduPropertyTest {
  private static final int MAX = 64 * 1024;

  @Property(tries = 200)
  void whatIsWrittenIsRead(@ForAll("pdus") Pdu pdu) throws IOException {
    byte[] bytes = encode(pdu);
    InputStream in = new ByteArrayInputStream(bytes);
    assertEquals(pdu, decoder(in).read());
    assertEquals(-1, in.read());
  }

  @Property(tries = 200)
  void everyCutEndsTheConnectionOrThePdu(@ForAll("pdus") Pdu pdu, @ForAll int cut) throws IOException {
    byte[] bytes = encode(pdu);
    int length = Math.floorMod(cut, bytes.length);
    InputStream in = new ByteArrayInputStream(bytes, 0, length);
    assertThrows(EOFException.class, () -> decoder(in).read());
  }

  @Property(tries = 1000)
  void mutatedPdusAreReadOrRefused(
      @ForAll("pdus") Pdu pdu, @ForAll int position, @ForAll byte value, @ForAll int second)
      throws IOException {
    byte[] bytes = encode(pdu);
    bytes[Math.floorMod(position, bytes.length)] = value;
    bytes[Math.floorMod(second, bytes.length)] ^= (byte) (1 << (second & 7));
    readOrRefuse(bytes);
  }

  @Property(tries = 1000)
  void randomBytesAreReadOrRefused(@ForAll byte[] bytes, @ForAll byte type) throws IOException {
    readOrRefuse(bytes);
    if (bytes.length > 6) {
      byte[] framed = bytes.clone();
      framed[0] = (byte) (1 + (type & 7) % 7);
      ByteBuffer.wrap(framed).putInt(2, bytes.length - 6);
      readOrRefuse(framed);
    }
  }

  @Property(tries = 200)
  void lengthBeyondTheLimitIsRefusedBeforeTheBodyIsRead(
      @ForAll @IntRange(min = 1, max = 7) int type,
      @ForAll @LongRange(min = MAX + 1, max = 0xFFFFFFFFL) long length) {
    refusedByItsHeader(type, length);
  }

  @Property(tries = 50)
  void shortPdusHaveFourBytes(
      @ForAll @IntRange(min = 0, max = 100) int length, @ForAll @IntRange(min = 5, max = 7) int type) {
    Assume.that(length != 4);
    refusedByItsHeader(type, length);
    refusedByItsHeader(Pdu.ASSOCIATE_RJ, length);
  }

  private static void refusedByItsHeader(int type, long length) {
    byte[] header = ByteBuffer.allocate(6).put((byte) type).put((byte) 0).putInt((int) length).array();
    InvalidPdu refusal =
        assertThrows(InvalidPdu.class, () -> decoder(new HeaderThenTrap(header)).read());
    assertEquals(Pdu.Abort.INVALID_PARAMETER, refusal.reason());
  }

  @Example
  void firstByteThatIsNoPduTypeIsUnrecognizedAtOnce() {
    for (int type : new int[] {0, 8, 'G', 0x16, 255}) {
      InvalidPdu refusal =
          assertThrows(
              InvalidPdu.class, () -> decoder(new HeaderThenTrap(new byte[] {(byte) type})).read());
      assertEquals(Pdu.Abort.UNRECOGNIZED_PDU, refusal.reason());
    }
  }

  @Example
  void aeTitlesArePaddedTo16AndTrimmed() throws IOException {
    byte[] bytes = encode(new Pdu.AssociateRq(1, "A B", "X", Pdu.APPLICATION_CONTEXT, List.of(), List.of()));
    assertEquals("A B             X               ", new String(bytes, 10, 32, "US-ASCII"));
    bytes[25] = 0;
    Pdu.AssociateRq read = (Pdu.AssociateRq) decoder(new ByteArrayInputStream(bytes)).read();
    assertEquals("A B", read.calledAeTitle());
  }

  @Example
  void controlCharactersDontReachTheLog() throws IOException {
    byte[] bytes = encode(new Pdu.AssociateRq(1, "A", "B", Pdu.APPLICATION_CONTEXT, List.of(), List.of()));
    bytes[10] = '\n';
    assertThrows(InvalidPdu.class, () -> decoder(new ByteArrayInputStream(bytes)).read());
  }

  @Example
  void contextIdsAreOddAndUnique() throws IOException {
    for (List<Integer> ids : List.of(List.of(2), List.of(1, 1), List.of(0))) {
      List<Pdu.PresentationContext> contexts =
          ids.stream().map(id -> new Pdu.PresentationContext(id, "1.2", List.of("1.3"))).toList();
      byte[] bytes = encode(new Pdu.AssociateRq(1, "A", "B", Pdu.APPLICATION_CONTEXT, contexts, List.of()));
      assertThrows(InvalidPdu.class, () -> decoder(new ByteArrayInputStream(bytes)).read());
    }
  }

  private static void readOrRefuse(byte[] bytes) throws IOException {
    try {
      Pdu pdu = decoder(new ByteArrayInputStream(bytes)).read();
      assertTrue(encode(pdu).length <= 2 * bytes.length + 256, "read back larger than it was sent");
    } catch (InvalidPdu | EOFException e) {
      assertTrue(e.getMessage().length() < 200, e.getMessage());
    }
  }

  private static PduDecoder decoder(InputStream in) {
    return new PduDecoder(in, MAX, MAX);
  }

  private static byte[] encode(Pdu pdu) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PduEncoder.write(pdu, out);
    return out.toByteArray();
  }

  @Provide
  Arbitrary<Pdu> pdus() {
    Arbitrary<Integer> octet = Arbitraries.integers().between(0, 255);
    return Arbitraries.oneOf(
        requests(),
        acceptances(),
        Combinators.combine(octet, octet, octet).as(Pdu.AssociateRj::new),
        values().list().ofMinSize(1).ofMaxSize(5).map(Pdu.DataTf::new),
        Arbitraries.just(new Pdu.ReleaseRq()),
        Arbitraries.just(new Pdu.ReleaseRp()),
        Combinators.combine(octet, octet).as(Pdu.Abort::new));
  }

  private static Arbitrary<Pdu> requests() {
    Arbitrary<List<Pdu.PresentationContext>> contexts =
        Combinators.combine(uids(), uids().list().ofMaxSize(4))
            .as((uid, syntaxes) -> new Pdu.PresentationContext(1, uid, syntaxes))
            .list()
            .ofMaxSize(10)
            .map(
                list ->
                    IntStream.range(0, list.size())
                        .mapToObj(
                            i ->
                                new Pdu.PresentationContext(
                                    2 * i + 1, list.get(i).abstractSyntax(), list.get(i).transferSyntaxes()))
                        .toList());
    return Combinators.combine(
            Arbitraries.integers().between(0, 65535), titles(), titles(), uids(), contexts, userItems())
        .as(Pdu.AssociateRq::new);
  }

  private static Arbitrary<Pdu> acceptances() {
    Arbitrary<List<Pdu.ContextResult>> contexts =
        Combinators.combine(Arbitraries.integers().between(0, 4), uids())
            .as((result, uid) -> new Pdu.ContextResult(1, result, uid))
            .list()
            .ofMaxSize(10)
            .map(
                list ->
                    IntStream.range(0, list.size())
                        .mapToObj(
                            i ->
                                new Pdu.ContextResult(
                                    255 - 2 * i, list.get(i).result(), list.get(i).transferSyntax()))
                        .toList());
    return Combinators.combine(
            Arbitraries.integers().between(0, 65535), titles(), titles(), uids(), contexts, userItems())
        .as(Pdu.AssociateAc::new);
  }

  private static Arbitrary<List<UserItem>> userItems() {
    Arbitrary<Integer> word = Arbitraries.integers().between(0, 65535);
    Arbitrary<Boolean> flag = Arbitraries.of(true, false);
    Arbitrary<UserItem> item =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 0xFFFFFFFFL).map(UserItem.MaximumLength::new),
            uids().map(UserItem.ImplementationClass::new),
            titles().map(UserItem.ImplementationVersion::new),
            Combinators.combine(word, word).as(UserItem.AsynchronousOperations::new),
            Combinators.combine(uids(), flag, flag).as(UserItem.RoleSelection::new),
            Combinators.combine(uids(), bytes(40))
                .as((uid, value) -> new UserItem.Extended(uid, ByteBuffer.wrap(value))),
            Combinators.combine(Arbitraries.integers().between(0, 255), flag, bytes(40), bytes(40))
                .as(
                    (type, response, name, passcode) ->
                        new UserItem.Identity(type, response, ByteBuffer.wrap(name), ByteBuffer.wrap(passcode))),
            bytes(40).map(value -> new UserItem.IdentityResponse(ByteBuffer.wrap(value))),
            Combinators.combine(Arbitraries.integers().between(0x5A, 0x5F), bytes(40))
                .as((type, value) -> new UserItem.Other(type, ByteBuffer.wrap(value))),
            bytes(40).map(value -> new UserItem.Other(0x57, ByteBuffer.wrap(value))));
    return item.list().ofMaxSize(6);
  }

  private static Arbitrary<Pdu.Pdv> values() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 255),
            Arbitraries.of(true, false),
            Arbitraries.of(true, false),
            bytes(300))
        .as((id, command, last, data) -> new Pdu.Pdv(id, command, last, ByteBuffer.wrap(data)));
  }

  private static Arbitrary<byte[]> bytes(int max) {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(max);
  }

  private static Arbitrary<String> titles() {
    return Arbitraries.strings()
        .withCharRange('!', '[')
        .withChars(' ', '_', 'a')
        .ofMaxLength(16)
        .map(String::strip);
  }

  private static Arbitrary<String> uids() {
    return Arbitraries.strings().withCharRange('0', '9').withChars('.').ofMaxLength(64);
  }

  /** Fails the test if more than the header is asked for. */
  private static final class HeaderThenTrap extends InputStream {
    private final InputStream header;

    HeaderThenTrap(byte[] header) {
      this.header = new ByteArrayInputStream(header);
    }

    @Override
    public int read() throws IOException {
      int value = header.read();
      if (value < 0) {
        throw new AssertionError("read beyond what decides");
      }
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int n = length == 0 ? 0 : header.read(target, offset, length);
      if (n < 0) {
        throw new AssertionError("read beyond what decides");
      }
      return n;
    }
  }
}

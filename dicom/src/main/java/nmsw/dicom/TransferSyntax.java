package nmsw.dicom;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nmsw.dicom.codec.Codec;

/** How a data set is written (PS3.5 §10, annex A). */
public record TransferSyntax(
    String uid, boolean explicitVr, boolean bigEndian, boolean encapsulated, boolean deflated) {

  public static final TransferSyntax IMPLICIT_LE =
      new TransferSyntax(Uid.ImplicitVRLittleEndian, false, false, false, false);
  public static final TransferSyntax EXPLICIT_LE =
      new TransferSyntax(Uid.ExplicitVRLittleEndian, true, false, false, false);
  public static final TransferSyntax DEFLATED_LE =
      new TransferSyntax(Uid.DeflatedExplicitVRLittleEndian, true, false, false, true);
  public static final TransferSyntax EXPLICIT_BE =
      new TransferSyntax(Uid.ExplicitVRBigEndian, true, true, false, false);
  public static final TransferSyntax RLE_LOSSLESS = encapsulated(Uid.RLELossless);
  public static final TransferSyntax JPEG_BASELINE = encapsulated(Uid.JPEGBaseline8Bit);
  public static final TransferSyntax JPEG_EXTENDED = encapsulated(Uid.JPEGExtended12Bit);
  public static final TransferSyntax JPEG_LOSSLESS = encapsulated(Uid.JPEGLossless);
  public static final TransferSyntax JPEG_LOSSLESS_SV1 = encapsulated(Uid.JPEGLosslessSV1);
  public static final TransferSyntax JPEG_LS_LOSSLESS = encapsulated(Uid.JPEGLSLossless);
  public static final TransferSyntax JPEG_LS_NEAR_LOSSLESS = encapsulated(Uid.JPEGLSNearLossless);
  public static final TransferSyntax JPEG_2000_LOSSLESS = encapsulated(Uid.JPEG2000Lossless);
  public static final TransferSyntax JPEG_2000 = encapsulated(Uid.JPEG2000);

  /** In the order in which to ask for them: first those that cannot have lost anything. */
  private static final List<TransferSyntax> COMPRESSED =
      List.of(
          RLE_LOSSLESS,
          JPEG_LOSSLESS_SV1,
          JPEG_LOSSLESS,
          JPEG_LS_LOSSLESS,
          JPEG_2000_LOSSLESS,
          JPEG_LS_NEAR_LOSSLESS,
          JPEG_2000,
          JPEG_EXTENDED,
          JPEG_BASELINE);

  private static final Map<String, Codec> CODECS =
      Map.ofEntries(
          Map.entry(Uid.RLELossless, Codec.RLE),
          Map.entry(Uid.JPEGBaseline8Bit, Codec.JPEG),
          Map.entry(Uid.JPEGExtended12Bit, Codec.JPEG),
          Map.entry(Uid.JPEGLossless, Codec.JPEG),
          Map.entry(Uid.JPEGLosslessSV1, Codec.JPEG),
          Map.entry(Uid.JPEGLSLossless, Codec.JPEG_LS),
          Map.entry(Uid.JPEGLSNearLossless, Codec.JPEG_LS),
          Map.entry(Uid.JPEG2000Lossless, Codec.JPEG_2000),
          Map.entry(Uid.JPEG2000, Codec.JPEG_2000));

  /**
   * Encapsulated syntaxes in which a frame is always what it was before (PS3.5 §10, §A.4); .81, .91 and .203
   * may be lossless, but do not say so.
   */
  private static final Set<String> LOSSLESS =
      Set.of(
          Uid.EncapsulatedUncompressedExplicitVRLittleEndian,
          Uid.DeflatedImageFrameCompression,
          Uid.RLELossless,
          Uid.JPEGLossless,
          Uid.JPEGLosslessNonHierarchical15,
          Uid.JPEGLosslessHierarchical28,
          Uid.JPEGLosslessHierarchical29,
          Uid.JPEGLosslessSV1,
          Uid.JPEGLSLossless,
          Uid.JPEG2000Lossless,
          Uid.JPEG2000MCLossless,
          Uid.HTJ2KLossless,
          Uid.HTJ2KLosslessRPCL,
          Uid.JPEGXLLossless);

  /** Registered syntaxes that carry no data set of pixels that could be read from the file itself. */
  private static final Set<String> NOT_A_FILE =
      Set.of(
          Uid.JPIPReferenced,
          Uid.JPIPReferencedDeflate,
          Uid.JPIPHTJ2KReferenced,
          Uid.JPIPHTJ2KReferencedDeflate,
          Uid.RFC2557MIMEEncapsulation,
          Uid.XMLEncoding,
          Uid.Papyrus3ImplicitVRLittleEndian);

  /** Throws for a UID that isn't a registered transfer syntax of stored objects. */
  public static TransferSyntax of(String uid) throws DicomException {
    switch (uid) {
      case Uid.ImplicitVRLittleEndian:
        return IMPLICIT_LE;
      case Uid.ExplicitVRLittleEndian:
        return EXPLICIT_LE;
      case Uid.DeflatedExplicitVRLittleEndian:
        return DEFLATED_LE;
      case Uid.ExplicitVRBigEndian:
        return EXPLICIT_BE;
      default:
        if (NOT_A_FILE.contains(uid) || !Dictionary.uidType(uid).equals("Transfer Syntax")) {
          String name = uid.length() > 64 ? uid.substring(0, 64) + "..." : uid;
          throw new DicomException("transfer syntax '" + Dictionary.printable(name) + "' is not known here");
        }
        return encapsulated(uid);
    }
  }

  private static TransferSyntax encapsulated(String uid) {
    return new TransferSyntax(uid, true, false, true, false);
  }

  /** The compressed syntaxes whose pixels can be decoded, first those that cannot have lost anything. */
  static List<TransferSyntax> compressed() {
    return COMPRESSED;
  }

  /** What decodes a frame; empty if frames are not compressed, or in a way that is not decoded here. */
  Optional<Codec> codec() {
    return Optional.ofNullable(CODECS.get(uid));
  }

  /** Whether pixels may differ from those that were there before this syntax was used. */
  public boolean mayBeLossy() {
    return encapsulated && !LOSSLESS.contains(uid);
  }

  /** The registered name. */
  public String name() {
    return Uid.nameOf(uid);
  }

  @Override
  public String toString() {
    return name() + " (" + uid + ")";
  }
}

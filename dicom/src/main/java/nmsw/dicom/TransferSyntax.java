package nmsw.dicom;

import java.util.Set;

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
  public static final TransferSyntax JPEG_LOSSLESS = encapsulated(Uid.JPEGLossless);
  public static final TransferSyntax JPEG_LOSSLESS_SV1 = encapsulated(Uid.JPEGLosslessSV1);
  public static final TransferSyntax JPEG_LS_LOSSLESS = encapsulated(Uid.JPEGLSLossless);
  public static final TransferSyntax JPEG_LS_NEAR_LOSSLESS = encapsulated(Uid.JPEGLSNearLossless);
  public static final TransferSyntax JPEG_2000_LOSSLESS = encapsulated(Uid.JPEG2000Lossless);
  public static final TransferSyntax JPEG_2000 = encapsulated(Uid.JPEG2000);

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

  /** The registered name. */
  public String name() {
    return Uid.nameOf(uid);
  }

  @Override
  public String toString() {
    return name() + " (" + uid + ")";
  }
}

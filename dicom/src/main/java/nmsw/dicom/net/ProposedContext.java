package nmsw.dicom.net;

import java.util.List;
import nmsw.dicom.TransferSyntax;
import nmsw.dicom.Uid;

/**
 * What a client wants to do: one SOP class in one of several transfer syntaxes, of which the peer chooses. Propose
 * a class several times to let it accept more than one.
 */
public record ProposedContext(String sopClassUid, List<TransferSyntax> transferSyntaxes) {
  public ProposedContext {
    transferSyntaxes = List.copyOf(transferSyntaxes);
    if (!Uid.isValid(sopClassUid) || transferSyntaxes.isEmpty()) {
      throw new IllegalArgumentException(
          "a context needs a SOP class and a transfer syntax: '" + sopClassUid + "', " + transferSyntaxes);
    }
  }

  public static ProposedContext of(String sopClassUid, TransferSyntax... transferSyntaxes) {
    return new ProposedContext(sopClassUid, List.of(transferSyntaxes));
  }

  /** For C-ECHO. */
  public static ProposedContext verification() {
    return of(Uid.Verification, TransferSyntax.IMPLICIT_LE);
  }

  /** A class in Explicit or Implicit VR Little Endian. */
  public static ProposedContext uncompressed(String sopClassUid) {
    return of(sopClassUid, TransferSyntax.EXPLICIT_LE, TransferSyntax.IMPLICIT_LE);
  }
}

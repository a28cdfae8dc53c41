package nmsw.dicom.net;

/** Events of the upper layer's state machine (PS3.8 Table 9-10); {@link #number()} is theirs in the table. */
enum Event {
  ASSOCIATE_REQUEST(1),
  TRANSPORT_CONFIRMED(2),
  ASSOCIATE_AC_RECEIVED(3),
  ASSOCIATE_RJ_RECEIVED(4),
  TRANSPORT_INDICATED(5),
  ASSOCIATE_RQ_RECEIVED(6),
  ASSOCIATE_ACCEPT(7),
  ASSOCIATE_REJECT(8),
  DATA_REQUEST(9),
  DATA_RECEIVED(10),
  RELEASE_REQUEST(11),
  RELEASE_RQ_RECEIVED(12),
  RELEASE_RP_RECEIVED(13),
  RELEASE_RESPONSE(14),
  ABORT_REQUEST(15),
  ABORT_RECEIVED(16),
  TRANSPORT_CLOSED(17),
  ARTIM_EXPIRED(18),
  INVALID_PDU_RECEIVED(19);

  private final int number;

  Event(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  static Event receiptOf(Pdu pdu) {
    if (pdu instanceof Pdu.AssociateRq) {
      return ASSOCIATE_RQ_RECEIVED;
    }
    if (pdu instanceof Pdu.AssociateAc) {
      return ASSOCIATE_AC_RECEIVED;
    }
    if (pdu instanceof Pdu.AssociateRj) {
      return ASSOCIATE_RJ_RECEIVED;
    }
    if (pdu instanceof Pdu.DataTf) {
      return DATA_RECEIVED;
    }
    if (pdu instanceof Pdu.ReleaseRq) {
      return RELEASE_RQ_RECEIVED;
    }
    if (pdu instanceof Pdu.ReleaseRp) {
      return RELEASE_RP_RECEIVED;
    }
    return ABORT_RECEIVED;
  }
}

package nmsw.dicom.net;

import static nmsw.dicom.net.Action.*;

/**
 * The state table of the DICOM upper layer, PS3.8 Table 9-10: each constant is one column, each case one cell. A
 * combination that the table leaves empty throws {@link IllegalStateException}: it can only be a fault of ours.
 */
enum State {
  /** Idle. */
  STA1 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case ASSOCIATE_REQUEST -> AE_1;
        case TRANSPORT_INDICATED -> AE_5;
        default -> super.on(event);
      };
    }
  },

  /** Transport connection open; awaiting A-ASSOCIATE-RQ. */
  STA2 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case ASSOCIATE_RQ_RECEIVED -> AE_6;
        case ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED, DATA_RECEIVED -> AA_1;
        case RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_1;
        case ABORT_RECEIVED, ARTIM_EXPIRED -> AA_2;
        case TRANSPORT_CLOSED -> AA_5;
        default -> super.on(event);
      };
    }
  },

  /** Awaiting the local A-ASSOCIATE response. */
  STA3 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case ASSOCIATE_ACCEPT -> AE_7;
        case ASSOCIATE_REJECT -> AE_8;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Awaiting the opening of the transport connection. */
  STA4 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case TRANSPORT_CONFIRMED -> AE_2;
        case ABORT_REQUEST -> AA_2;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ. */
  STA5 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case ASSOCIATE_AC_RECEIVED -> AE_3;
        case ASSOCIATE_RJ_RECEIVED -> AE_4;
        case ASSOCIATE_RQ_RECEIVED, DATA_RECEIVED -> AA_8;
        case RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Association established, ready for data transfer. */
  STA6 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case DATA_REQUEST -> DT_1;
        case DATA_RECEIVED -> DT_2;
        case RELEASE_REQUEST -> AR_1;
        case RELEASE_RQ_RECEIVED -> AR_2;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Awaiting A-RELEASE-RP. */
  STA7 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case DATA_RECEIVED -> AR_6;
        case RELEASE_RQ_RECEIVED -> AR_8;
        case RELEASE_RP_RECEIVED -> AR_3;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Awaiting the local A-RELEASE response. */
  STA8 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case DATA_REQUEST -> AR_7;
        case RELEASE_RESPONSE -> AR_4;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Release collision, requestor's side; awaiting the local A-RELEASE response. */
  STA9 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case RELEASE_RESPONSE -> AR_9;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Release collision, acceptor's side; awaiting A-RELEASE-RP. */
  STA10 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case RELEASE_RP_RECEIVED -> AR_10;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Release collision, requestor's side; awaiting A-RELEASE-RP. */
  STA11 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case RELEASE_RP_RECEIVED -> AR_3;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Release collision, acceptor's side; awaiting the local A-RELEASE response. */
  STA12 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case RELEASE_RESPONSE -> AR_4;
        case ASSOCIATE_RQ_RECEIVED, ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_8;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED, INVALID_PDU_RECEIVED -> AA_8;
        case ABORT_REQUEST -> AA_1;
        case ABORT_RECEIVED -> AA_3;
        case TRANSPORT_CLOSED -> AA_4;
        default -> super.on(event);
      };
    }
  },

  /** Association over; awaiting the close of the transport connection. */
  STA13 {
    @Override
    Action on(Event event) {
      return switch (event) {
        case ASSOCIATE_AC_RECEIVED, ASSOCIATE_RJ_RECEIVED -> AA_6;
        case DATA_RECEIVED, RELEASE_RQ_RECEIVED, RELEASE_RP_RECEIVED -> AA_6;
        case ASSOCIATE_RQ_RECEIVED, INVALID_PDU_RECEIVED -> AA_7;
        case ABORT_RECEIVED, ARTIM_EXPIRED -> AA_2;
        case TRANSPORT_CLOSED -> AR_5;
        default -> super.on(event);
      };
    }
  };

  Action on(Event event) {
    throw new IllegalStateException(event + " (event " + event.number() + ") can't happen in " + this);
  }
}

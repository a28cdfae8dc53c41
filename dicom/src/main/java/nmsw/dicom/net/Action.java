package nmsw.dicom.net;

import java.io.IOException;
import java.util.Optional;

/** The actions of the upper layer's state machine (PS3.8 Tables 9-6 to 9-9); each returns the next state. */
enum Action {
  /** Issue a TRANSPORT CONNECT request. */
  AE_1 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.connect();
      return State.STA4;
    }
  },
  /** Send A-ASSOCIATE-RQ. */
  AE_2 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(pdu);
      return State.STA5;
    }
  },
  /** Issue the A-ASSOCIATE confirmation (accept). */
  AE_3 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      return State.STA6;
    }
  },
  /** Issue the A-ASSOCIATE confirmation (reject) and close the transport connection. */
  AE_4 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      layer.closeTransport();
      return State.STA1;
    }
  },
  /** Answer the transport connection and start ARTIM. */
  AE_5 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.startArtim();
      return State.STA2;
    }
  },
  /** Stop ARTIM; issue the A-ASSOCIATE indication, or refuse what no user could accept. */
  AE_6 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.stopArtim();
      Optional<Pdu.AssociateRj> refusal = layer.refusal((Pdu.AssociateRq) pdu);
      if (refusal.isPresent()) {
        layer.send(refusal.get());
        layer.startArtim();
        return State.STA13;
      }
      layer.indicate(pdu);
      return State.STA3;
    }
  },
  /** Send A-ASSOCIATE-AC. */
  AE_7 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(pdu);
      return State.STA6;
    }
  },
  /** Send A-ASSOCIATE-RJ and start ARTIM. */
  AE_8 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(pdu);
      layer.startArtim();
      return State.STA13;
    }
  },
  /** Send P-DATA-TF. */
  DT_1 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(pdu);
      return State.STA6;
    }
  },
  /** Issue the P-DATA indication. */
  DT_2 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      return State.STA6;
    }
  },
  /** Send A-RELEASE-RQ. */
  AR_1 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(new Pdu.ReleaseRq());
      return State.STA7;
    }
  },
  /** Issue the A-RELEASE indication. */
  AR_2 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      return State.STA8;
    }
  },
  /** Issue the A-RELEASE confirmation and close the transport connection. */
  AR_3 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      layer.closeTransport();
      return State.STA1;
    }
  },
  /** Send A-RELEASE-RP and start ARTIM. */
  AR_4 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(new Pdu.ReleaseRp());
      layer.startArtim();
      return State.STA13;
    }
  },
  /** Stop ARTIM. */
  AR_5 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.stopArtim();
      return State.STA1;
    }
  },
  /** Issue the P-DATA indication while a release is under way. */
  AR_6 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      return State.STA7;
    }
  },
  /** Send P-DATA-TF while a release is under way. */
  AR_7 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(pdu);
      return State.STA8;
    }
  },
  /** Issue the A-RELEASE indication: both sides asked for release. */
  AR_8 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      return layer.isRequestor() ? State.STA9 : State.STA10;
    }
  },
  /** Send A-RELEASE-RP. */
  AR_9 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(new Pdu.ReleaseRp());
      return State.STA11;
    }
  },
  /** Issue the A-RELEASE confirmation. */
  AR_10 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      return State.STA12;
    }
  },
  /** Send A-ABORT (service-user source) and start ARTIM, anew if it runs. */
  AA_1 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(Pdu.Abort.byUser());
      layer.startArtim();
      return State.STA13;
    }
  },
  /** Stop ARTIM if it runs and close the transport connection. */
  AA_2 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.stopArtim();
      layer.closeTransport();
      return State.STA1;
    }
  },
  /** Issue the abort indication and close the transport connection. */
  AA_3 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicate(pdu);
      layer.closeTransport();
      return State.STA1;
    }
  },
  /** Issue the A-P-ABORT indication. */
  AA_4 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.indicateProviderAbort(event);
      return State.STA1;
    }
  },
  /** Stop ARTIM. */
  AA_5 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      layer.stopArtim();
      return State.STA1;
    }
  },
  /** Ignore the PDU. */
  AA_6 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) {
      return State.STA13;
    }
  },
  /** Send A-ABORT. */
  AA_7 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(abortFor(event, pdu));
      return State.STA13;
    }
  },
  /** Send A-ABORT (service-provider source), issue the A-P-ABORT indication and start ARTIM. */
  AA_8 {
    @Override
    State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException {
      layer.send(abortFor(event, pdu));
      layer.indicateProviderAbort(event);
      layer.startArtim();
      return State.STA13;
    }
  };

  /**
   * Does what the action says.
   *
   * @param pdu what was received, or what is to be sent; for {@link Event#INVALID_PDU_RECEIVED} the A-ABORT that
   *     says what was wrong with it
   */
  abstract State perform(UpperLayer layer, Event event, Pdu pdu) throws IOException;

  private static Pdu abortFor(Event event, Pdu pdu) {
    return event == Event.INVALID_PDU_RECEIVED ? pdu : Pdu.Abort.byProvider(Pdu.Abort.UNEXPECTED_PDU);
  }
}

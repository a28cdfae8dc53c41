package nmsw.scp.review;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.time.Instant;
import java.util.Map;

/**
 * A line of the journal. What an event has no use for is null.
 *
 * @param by name of the token or, for what came by C-STORE, calling AE title; null for what the node did by itself
 * @param sopInstanceUid of the correction, or of the Segmentation that was exported
 * @param model name of the model whose result it is about
 * @param state of a correction that was checked
 * @param reason of that state, in words
 * @param dice of each organ that the correction has, between it and the result
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record ReviewEvent(
    Kind kind,
    Instant at,
    String by,
    String seriesUid,
    String sopInstanceUid,
    String model,
    String version,
    Boolean consent,
    CorrectionState state,
    String reason,
    Map<String, Double> dice) {

  enum Kind {
    /** A correction came, and is in the spool. */
    RECEIVED,
    /** Another object came under a correction's UID; it was kept aside. */
    CONFLICT,
    /** A correction was compared with its series. */
    CHECKED,
    /** Somebody said whether the series may be learnt from. */
    CONSENT,
    /** Somebody took the series out of the candidates. */
    WITHDRAWN,
    /** The node put the series into the folder of candidates. */
    EXPORTED,
    /** The node took it out again. */
    REMOVED
  }
}

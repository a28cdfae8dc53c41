package nmsw.scp.web;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What the API speaks, as JSON objects with these names: the schemas of {@code openapi.yaml}, which a test compares with
 * this. What is null is left out.
 */
public final class ApiSchema {
  private ApiSchema() {}

  /** Why a request was not done, in words. */
  public record Problem(String error) {}

  /** @param token from the file that {@code web.tokenFile} names */
  public record Login(String token) {}

  /**
   * @param name whose token it was; null if nobody is logged in
   * @param loginPossible whether there are tokens at all
   * @param patientNames whether this session is shown patients' names
   */
  public record Session(String name, boolean loginPossible, boolean patientNames) {}

  /**
   * A series as the list shows it.
   *
   * @param code for REFUSED and FAILED the kind, else empty
   * @param reason the same in words
   * @param description Series Description (0008,103E)
   * @param stageSeconds what each stage took; those that are over
   * @param progress where the work is, while it is SEGMENTING on this node
   * @param model of the last result; null if there is none
   * @param version of the model
   * @param parameters how the model was run, e.g. {@code k=8 device=cpu}
   * @param patches number that the local network looked at
   * @param undelivered result objects that their destination has not accepted yet
   * @param accepted what a reviewer said of the result; null if none said anything
   */
  public record SeriesSummary(
      String seriesUid,
      String state,
      int revision,
      String code,
      String reason,
      String description,
      int objects,
      String callingAe,
      String calledAe,
      Instant openedAt,
      Instant changedAt,
      Map<String, Double> stageSeconds,
      Progress progress,
      String model,
      String version,
      String parameters,
      Integer patches,
      int undelivered,
      Boolean accepted) {}

  /** @param fraction of the stage, 0 to 1 */
  public record Progress(String stage, double fraction) {}

  /**
   * @param total series in the states that were asked for
   * @param now the node's clock, for ages
   */
  public record SeriesPage(long total, long offset, Instant now, List<SeriesSummary> series) {}

  /**
   * @param patient null unless names are configured and somebody is logged in
   * @param corrections in the order in which they came
   * @param consent whether the series may be learnt from, as it was said of it or else of all
   * @param candidate null if there is nothing to learn from it
   */
  public record SeriesDetails(
      SeriesSummary series, String studyDescription, Patient patient, List<Delivery> deliveries, Result result,
      Verdict verdict, List<Correction> corrections, boolean consent, Candidate candidate) {}

  /** Patient's Name (0010,0010) and Patient ID (0010,0020). */
  public record Patient(String name, String id) {}

  /**
   * A result object on its way to a destination.
   *
   * @param error why the last try failed; null if none was made yet
   */
  public record Delivery(String destination, String kind, String sopInstanceUid, String error, Instant failedAt) {}

  /**
   * @param at when the network was done
   * @param patches that the local network looked at, the most important first
   * @param entropy of the importance map, in bits; null where none was made
   */
  public record Result(
      Instant at,
      String model,
      String version,
      String parameters,
      List<Organ> organs,
      List<Patch> patches,
      Double entropy) {}

  /**
   * A patch that the local network looked at.
   *
   * @param rank from 1; its label in the image {@code patches.nii.gz}
   * @param importance objectness, a logit
   */
  public record Patch(int rank, double importance) {}

  /**
   * What a reviewer says of a result.
   *
   * @param consent whether the series may be learnt from; null for as it was
   */
  public record Review(Boolean accepted, String comment, Boolean consent) {}

  /** @param by name of the token */
  public record Verdict(
      String seriesUid,
      Instant at,
      String by,
      boolean accepted,
      String comment,
      boolean consent,
      String model,
      String version) {}

  /**
   * A Segmentation that came by C-STORE for a series with a result.
   *
   * @param from calling AE title
   * @param model of the result that it corrects
   * @param state UNCHECKED, FITS, UNFIT, UNCHANGED or CONFLICT
   * @param reason why it cannot be used, or what is worth knowing; null while it is not checked
   * @param dice of each organ that it draws, between it and the result; null while it is not checked
   */
  public record Correction(
      String seriesUid,
      String sopInstanceUid,
      Instant at,
      String from,
      String model,
      String version,
      String state,
      String reason,
      Map<String, Double> dice) {}

  /**
   * Numbers of series.
   *
   * @param corrected of which a correction came that fits
   * @param unreviewed whose result is here, and of which nobody said anything
   * @param candidates that may be learnt from
   */
  public record VerdictCount(
      String model, String version, int accepted, int rejected, int corrected, int unreviewed, int candidates) {}

  /** By model and version. */
  public record Verdicts(List<VerdictCount> counts) {}

  /**
   * A series that can be learnt from: its result was accepted, or corrected.
   *
   * @param state NO_CONSENT, WAITING, EXPORTED, TAKEN or WITHDRAWN
   * @param reason what a waiting one waits for, else empty
   * @param corrected whether from a correction; else from the result
   * @param model that made the result
   * @param at when it was accepted, or the correction came
   * @param consent whether it may be learnt from
   */
  public record Candidate(
      String seriesUid,
      String state,
      String reason,
      boolean corrected,
      String model,
      String version,
      Instant at,
      boolean consent) {}

  /**
   * @param folder that training imports from
   * @param bytes that it takes
   * @param quotaBytes that it may take
   * @param total number of candidates
   * @param candidates the first thousand, the last that was accepted or corrected first
   */
  public record Candidates(String folder, long bytes, long quotaBytes, int total, List<Candidate> candidates) {}

  /** @param consent whether the series may be learnt from */
  public record Consent(Boolean consent) {}

  /**
   * @param index value in the label map
   * @param color {@code #rrggbb}
   */
  public record Organ(int index, String name, String label, String color, double millilitres) {}

  /**
   * The node as a whole.
   *
   * @param held whether the queue is held: nothing new is segmented
   * @param series number of series in each state
   * @param oldestWaitingSeconds age of the series that is longest READY; 0 if none is
   * @param obstacles what keeps the node from taking series, in words
   */
  public record Status(
      String name,
      boolean held,
      Map<String, Long> series,
      double oldestWaitingSeconds,
      List<String> obstacles,
      Device device,
      Disk disk,
      List<DestinationStatus> destinations) {}

  /**
   * @param requested what the configuration asks for
   * @param name what that came to, e.g. {@code cuda:0}; null if it is not known
   * @param processorLoad of the whole machine, 0 to 1; negative if it is not known
   * @param memoryUsedBytes of the GPU, by whatever process; null without a GPU
   * @param memoryTotalBytes of the GPU; null without a GPU
   */
  public record Device(
      String requested,
      String name,
      double processorLoad,
      long heapUsedBytes,
      long heapMaxBytes,
      Long memoryUsedBytes,
      Long memoryTotalBytes) {}

  /** @param reserveBytes free space below which objects are refused */
  public record Disk(long freeBytes, long reserveBytes) {}

  /**
   * @param waiting result objects that it has not accepted yet
   * @param error the last one; null if it accepted something since
   */
  public record DestinationStatus(String name, String address, long waiting, String error, Instant failedAt) {}

  /** @param routed whether a routing rule names it */
  public record Model(String name, String live, List<String> versions, boolean routed) {}

  /** @param model name of the model to use instead of the rule's */
  public record Rerun(String model) {}

  /**
   * Why a series goes where it goes.
   *
   * @param attributes what the rules look at, by the key of the configuration
   * @param rules up to the one that takes it
   */
  public record RouteExplanation(
      int slices,
      String calledAe,
      String callingAe,
      Map<String, List<String>> attributes,
      Double sliceThickness,
      List<RuleExplanation> rules) {}

  /** @param unmet the first condition that the series does not meet, in words; null if the rule takes it */
  public record RuleExplanation(
      int rule, String model, String priority, List<String> destinations, String unmet) {}

  /**
   * What results of a model version measured over the days.
   *
   * @param timeZone whose midnights part the days
   * @param from first day
   * @param to last day: today
   * @param models with results in these days, that with the newest first
   * @param model whose results are shown; null if there are none
   * @param organs that it looks for, by name
   * @param organ whose volume is shown; null if there are none
   * @param entropy of the importance map, 0 to 1; days without are left out
   * @param volume ml, of results in which the organ is whole; days without are left out
   * @param drift null as long as the node has not looked
   */
  public record Trends(
      String timeZone,
      String from,
      String to,
      List<TrendModel> models,
      String model,
      String version,
      List<String> organs,
      String organ,
      List<TrendDay> entropy,
      List<TrendDay> volume,
      Drift drift) {}

  /**
   * @param results in the days that were asked for
   * @param last day with a result
   */
  public record TrendModel(String model, String version, long results, String last) {}

  /**
   * The middle of what was measured on a day.
   *
   * @param results that it is of
   * @param lower quartile
   * @param upper quartile
   */
  public record TrendDay(String day, long results, double lower, double median, double upper) {}

  /**
   * Recent results compared with those before.
   *
   * @param at when it was looked
   * @param referenceFrom first day of those before
   * @param recentFrom first day of the recent ones
   * @param to last day
   * @param minimumSeries results that either needs
   * @param alert drift, of either sign, from which on there is an alert
   */
  public record Drift(
      Instant at,
      String referenceFrom,
      String recentFrom,
      String to,
      int minimumSeries,
      double alert,
      List<DriftSignal> signals) {}

  /**
   * @param signal entropy or volume
   * @param organ whose volume it is; null for the entropy
   * @param state TOO_FEW, STEADY or DRIFT
   * @param drift in standard deviations; null if there is nothing to compare
   * @param recent number of recent results
   * @param reference number of results before
   */
  public record DriftSignal(
      String signal,
      String organ,
      String state,
      Double drift,
      int recent,
      int reference,
      Double recentMedian,
      Double referenceMedian) {}
}

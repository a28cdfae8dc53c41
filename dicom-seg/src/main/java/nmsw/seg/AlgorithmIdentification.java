package nmsw.seg;

import nmsw.volume.Code;

/**
 * Who drew the segments: the Algorithm Identification Macro (PS3.3 §10.16).
 *
 * @param family kind of algorithm, usually {@link #ARTIFICIAL_INTELLIGENCE}
 * @param name at most 64 ASCII characters, e.g. the model's name
 * @param version at most 64 ASCII characters
 * @param parameters what the run was given, as text for people: k, device, precision; may be empty
 */
public record AlgorithmIdentification(Code family, String name, String version, String parameters) {
  public static final Code ARTIFICIAL_INTELLIGENCE = new Code("DCM", "123110", "Artificial Intelligence");

  /** An artificial-intelligence algorithm. */
  public AlgorithmIdentification(String name, String version, String parameters) {
    this(ARTIFICIAL_INTELLIGENCE, name, version, parameters);
  }
}

package nmsw.training.dataset;

import java.util.Optional;

/** What a source finds out before it reads. */
record RefusedStudy(String name, CaseRefusal refusal) implements Study {
  @Override
  public String patient() {
    return name;
  }

  @Override
  public Optional<Part> part() {
    return Optional.empty();
  }

  @Override
  public String signature() {
    return "";
  }

  @Override
  public LabelledStudy read(LabelMapping mapping) throws CaseRefusal {
    throw refusal;
  }
}

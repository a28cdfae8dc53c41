package nmsw.segmentation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import nmsw.segmentation.nn.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EngineTrialTest {
  private final EngineTrial trial = new EngineTrial(Compute.cpu());

  @Test
  void theCpusConvolutionIsTheSumInJava() {
    double difference = trial.largestDifference();
    assertTrue(difference > 0 && difference < 1e-5, "difference " + difference);
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void everyFormIsTimed(Form form) {
    double gigaflops = trial.gigaflops(form);
    assertTrue(gigaflops > 0.1 && gigaflops < 1e6, form + ": " + gigaflops);
  }
}

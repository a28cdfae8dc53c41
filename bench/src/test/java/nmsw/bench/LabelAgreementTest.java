package nmsw.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LabelAgreementTest {
  private final LabelAgreement agreement = new LabelAgreement();

  @Test
  void backgroundOfBothCountsOnlyAmongAllVoxels() {
    agreement.add(new byte[] {0, 0, 1, 1, 2}, new byte[] {0, 0, 1, 2, 0});
    assertEquals(3 / 5.0, agreement.share());
    assertEquals(1 / 3.0, agreement.foregroundShare());
  }

  @Test
  void volumesAreAddedVoxelByVoxel() {
    agreement.add(new byte[] {1}, new byte[] {1});
    agreement.add(new byte[] {0, 0, 5, 0}, new byte[] {0, 0, 0, (byte) 200});
    assertEquals(3 / 5.0, agreement.share());
    assertEquals(1 / 3.0, agreement.foregroundShare());
  }

  @Test
  void volumesOfOtherSizesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> agreement.add(new byte[2], new byte[3]));
  }
}

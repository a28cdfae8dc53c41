package nmsw.training.dataset;

import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import nmsw.volume.ContactSheet;
import nmsw.volume.Grid;
import nmsw.volume.LabelTable;
import nmsw.volume.SliceLabels;
import nmsw.volume.SliceStack;
import nmsw.volume.Vec3;

/** A contact sheet of a case in the size of a thumbnail. */
final class CasePreview {
  private static final int WIDTH = 560;

  private CasePreview() {}

  static byte[] png(LabelledStudy study, LabelTable table) throws IOException {
    Grid grid = study.image().grid();
    int plane = grid.nx() * grid.ny();
    boolean upward = grid.stepX().cross(grid.stepY()).dot(grid.stepZ()) > 0;
    List<SliceStack.Slice> slices = new ArrayList<>();
    List<short[]> hounsfield = new ArrayList<>();
    List<byte[]> labels = new ArrayList<>();
    for (int n = 0; n < grid.nz(); n++) {
      int k = upward ? n : grid.nz() - 1 - n;
      slices.add(new SliceStack.Slice("", "", 1, n + 1, grid.toPatient(0, 0, k)));
      hounsfield.add(Arrays.copyOfRange(study.image().hounsfield(), k * plane, (k + 1) * plane));
      labels.add(Arrays.copyOfRange(study.labels().labels(), k * plane, (k + 1) * plane));
    }
    Vec3 across = grid.stepX().normalized();
    Vec3 down = grid.stepY().normalized();
    SliceStack stack =
        new SliceStack(grid.nx(), grid.ny(), grid.stepX().length(), grid.stepY().length(), across, down, slices);
    return png(small(ContactSheet.render(stack, hounsfield, new SliceLabels(stack, labels), table, List.of())));
  }

  private static BufferedImage small(BufferedImage sheet) {
    int height = Math.max(1, sheet.getHeight() * WIDTH / sheet.getWidth());
    BufferedImage small = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = small.createGraphics();
    g.drawImage(sheet.getScaledInstance(WIDTH, height, Image.SCALE_AREA_AVERAGING), 0, 0, null);
    g.dispose();
    return small;
  }

  private static byte[] png(BufferedImage image) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }
}

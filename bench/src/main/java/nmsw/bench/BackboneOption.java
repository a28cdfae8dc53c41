package nmsw.bench;

import java.util.List;
import nmsw.segmentation.Architecture;
import nmsw.segmentation.nn.MedNeXt;
import nmsw.segmentation.nn.SwinUnetr;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which of the paper's networks is the local one. */
final class BackboneOption {
  @Option(names = "--backbone", defaultValue = "unet", description = "local network: unet, mednext, swin-unetr")
  private String backbone;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  String word() {
    return backbone;
  }

  /**
   * @param unetChannels of a U-Net
   */
  Architecture architecture(List<Integer> unetChannels) {
    return switch (backbone) {
      case "unet" -> new Architecture.UNet(unetChannels);
      case "mednext" -> {
        MedNeXt paper = MedNeXt.ofPaper(2);
        yield new Architecture.MedNeXt(
            paper.channels(), paper.blocks(), paper.expansion(), paper.kernel());
      }
      case "swin-unetr" -> {
        SwinUnetr paper = SwinUnetr.ofPaper(2);
        yield new Architecture.SwinUnetr(
            paper.feature(), paper.depths(), paper.heads(), paper.window(), paper.merging());
      }
      default ->
          throw new ParameterException(
              spec.commandLine(), "--backbone " + backbone + " is not unet, mednext or swin-unetr");
    };
  }
}

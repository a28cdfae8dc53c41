package nmsw.segmentation;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Objects;
import nmsw.segmentation.nn.Backbone;
import nmsw.segmentation.nn.SwinUnetr.Merging;

/**
 * Kind and sizes of a network, without the number of its classes; one YAML mapping whose key {@code backbone}
 * names the kind. Values that make no network are refused where one is made.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "backbone")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Architecture.UNet.class, name = "unet"),
  @JsonSubTypes.Type(value = Architecture.MedNeXt.class, name = "mednext"),
  @JsonSubTypes.Type(value = Architecture.SwinUnetr.class, name = "swin-unetr")
})
public sealed interface Architecture {

  /**
   * @param classes background included
   */
  Backbone backbone(int classes);

  /** Every axis of the network's input must be a multiple of this. */
  default int divisor() {
    return backbone(2).divisor();
  }

  /**
   * See {@link nmsw.segmentation.nn.UNet}.
   *
   * @param channels widths of the encoder
   */
  record UNet(List<Integer> channels) implements Architecture {
    public UNet {
      channels = numbers("channels", channels);
      new nmsw.segmentation.nn.UNet(channels, 2);
    }

    @Override
    public Backbone backbone(int classes) {
      return new nmsw.segmentation.nn.UNet(channels, classes);
    }
  }

  /**
   * See {@link nmsw.segmentation.nn.MedNeXt}.
   *
   * @param channels width at full resolution
   * @param blocks of each level, from the encoder over the bottleneck to the decoder
   * @param expansion of each level
   * @param kernel edge of the depthwise kernels
   */
  record MedNeXt(int channels, List<Integer> blocks, List<Integer> expansion, int kernel)
      implements Architecture {
    public MedNeXt {
      blocks = numbers("blocks", blocks);
      expansion = numbers("expansion", expansion);
      new nmsw.segmentation.nn.MedNeXt(channels, blocks, expansion, kernel, 2);
    }

    @Override
    public Backbone backbone(int classes) {
      return new nmsw.segmentation.nn.MedNeXt(channels, blocks, expansion, kernel, classes);
    }
  }

  /**
   * See {@link nmsw.segmentation.nn.SwinUnetr}.
   *
   * @param feature channels at half resolution
   * @param depths blocks of each of the four stages
   * @param heads attention heads of each stage
   * @param window edge of a window
   * @param merging {@code CORRECTED}, which is also meant where it is left out, or {@code LEGACY}
   */
  record SwinUnetr(
      int feature, List<Integer> depths, List<Integer> heads, int window, Merging merging)
      implements Architecture {
    public SwinUnetr {
      depths = numbers("depths", depths);
      heads = numbers("heads", heads);
      merging = merging == null ? Merging.CORRECTED : merging;
      new nmsw.segmentation.nn.SwinUnetr(feature, depths, heads, window, merging, 2);
    }

    @Override
    public Backbone backbone(int classes) {
      return new nmsw.segmentation.nn.SwinUnetr(feature, depths, heads, window, merging, classes);
    }
  }

  private static List<Integer> numbers(String key, List<Integer> values) {
    if (values == null || values.stream().anyMatch(Objects::isNull)) {
      throw new IllegalArgumentException(key + " must list whole numbers");
    }
    return List.copyOf(values);
  }
}

package nmsw.scp.config;

import java.util.Optional;
import nmsw.segmentation.DeviceRequest;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;

/**
 * What networks run on, and how: {@code compute} of the configuration.
 *
 * @param device {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param precision what networks compute in
 * @param threads CPU threads of the engine; 0 takes one per core
 * @param selection which patches the local network looks at, and how many
 */
public record ComputeConfig(String device, PrecisionRequest precision, int threads, SelectionRequest selection) {
  static ComputeConfig read(ConfigSection section) {
    ComputeConfig compute =
        new ComputeConfig(
            section.scalar("device", text -> DeviceRequest.parse(text).toString(), "auto"),
            section.scalar("precision", PrecisionRequest::parse, PrecisionRequest.AUTO),
            section.integer("threads", 0, 1024, 0),
            new SelectionRequest(
                section.scalar("selection", SelectionRequest.Kind::parse, SelectionRequest.Kind.TOP_K),
                Optional.of(section.integer("k", 1, 100_000, 0)).filter(k -> k > 0),
                section.integer("seed", 0, Integer.MAX_VALUE, 0)));
    section.end();
    return compute;
  }
}

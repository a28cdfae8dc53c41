package nmsw.scp;

import java.nio.file.Path;
import java.time.Clock;
import nmsw.scp.config.NodeConfig;
import nmsw.volume.Volume;

/**
 * {@code serve} with a model that does not outlive some series: where a voxel is brighter than anything in a patient, the
 * process ends as a crash in native code would end it, without another instruction of ours.
 */
public final class PoisonedServe {
  /** What the process ends with. */
  public static final int KILLED = 139;

  /** HU above which a voxel is deadly. */
  private static final int DEADLY = 3000;

  private PoisonedServe() {}

  public static void main(String[] args) throws Exception {
    Node node =
        Node.start(
            NodeConfig.read(Path.of(args[0])),
            Clock.systemUTC(),
            bundle ->
                new Threshold("1") {
                  @Override
                  public Result segment(Volume volume, Progress progress) {
                    for (short hounsfield : volume.hounsfield()) {
                      if (hounsfield > DEADLY) {
                        Runtime.getRuntime().halt(KILLED);
                      }
                    }
                    return super.segment(volume, progress);
                  }
                });
    Runtime.getRuntime().addShutdownHook(new Thread(node::close));
    node.awaitEnding();
  }
}

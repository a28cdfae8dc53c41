package nmsw.scp.doctor;

import java.util.OptionalDouble;
import nmsw.segmentation.CudaState;

/**
 * What the engine is and does.
 *
 * @param version of the engine's native library
 * @param threads CPU threads of one operation
 * @param device in use, {@code cpu} or {@code cuda:N}
 * @param difference largest relative difference of a convolution from the same sum in Java
 * @param gigaflops GFLOP/s of a convolution in float32
 * @param gigaflopsBfloat16 the same in bfloat16; empty where the device cannot
 */
record EngineFacts(
    String version,
    int threads,
    CudaState cuda,
    String device,
    double difference,
    double gigaflops,
    OptionalDouble gigaflopsBfloat16) {}

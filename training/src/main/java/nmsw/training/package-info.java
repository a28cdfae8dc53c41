/**
 * From a data set (see {@link nmsw.training.dataset}) to a measured model bundle: prepared cases, augmentation, the loss of
 * NMSW eq. 7, the training step (noise, differentiable top-K, local network, fusion), optimiser, checkpoints and evaluation.
 *
 * <p>Runs offline, by hand or by an operator's timer; the node never calls it. Start with {@link nmsw.training.Trainer},
 * whose one step is {@link nmsw.training.TrainingStep}; the command line is {@link nmsw.training.TrainCommand}.
 */
package nmsw.training;

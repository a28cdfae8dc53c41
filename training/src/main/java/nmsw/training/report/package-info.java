/**
 * The page that shows how a training run goes, {@code report.html}: one file that needs nothing else and no script. It is made of
 * the tables and pictures in the run's folder, so it can be made at any time. Knows nothing of the trainer, which calls it.
 * Start reading at {@link nmsw.training.report.RunReport}.
 */
package nmsw.training.report;

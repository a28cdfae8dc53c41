/**
 * What people say of results, and what may be learnt from it: results as they were kept ({@link
 * nmsw.scp.review.ResultStore}), verdicts, corrections that come back as Segmentations ({@link
 * nmsw.scp.review.Corrections}), the journal of it all ({@link nmsw.scp.review.ReviewJournal}, where to start reading),
 * and candidates for training.
 */
package nmsw.scp.review;

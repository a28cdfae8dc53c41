/**
 * What people say of results, and what may be learnt from it: corrections that come back as Segmentations, what they say
 * about the series ({@link nmsw.scp.review.CorrectionCheck}), and the journal of it all ({@link
 * nmsw.scp.review.ReviewJournal}, where to start reading). Knows neither network nor spool; the node calls it.
 */
package nmsw.scp.review;

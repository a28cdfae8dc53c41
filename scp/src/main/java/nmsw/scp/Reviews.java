package nmsw.scp;

import nmsw.scp.review.ReviewJournal;

/** What people say of results, and what comes of it; only a node with pages has it. */
record Reviews(Verdicts verdicts, ReviewJournal journal, Corrections corrections, Candidates candidates) {}

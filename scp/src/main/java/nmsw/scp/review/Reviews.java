package nmsw.scp.review;

/** What people say of results, and what comes of it; only a node with pages has it. */
public record Reviews(Verdicts verdicts, ReviewJournal journal, Corrections corrections, Candidates candidates) {}

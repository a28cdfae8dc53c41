/**
 * What the nodes that share one database know together: series and their states, the queue, which nodes live, which
 * model was chosen. The only place that speaks SQL, but for {@code nmsw.scp.trends}; every transition of a series is
 * one transaction. What is lost with the database is found again in the spool.
 */
package nmsw.scp.database;

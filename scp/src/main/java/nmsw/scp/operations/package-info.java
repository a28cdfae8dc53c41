/**
 * What an operator sees and does: {@link nmsw.scp.operations.Operator} answers the questions of {@code nmsw.scp.web},
 * whose interface it implements, from spool, database and outbox.
 */
package nmsw.scp.operations;

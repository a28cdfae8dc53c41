/**
 * The audit trail: messages on security-relevant events as PS3.15 §A.5 has them, and their way to an audit repository
 * by syslog. {@link nmsw.scp.audit.AuditMessages} makes the messages, {@link nmsw.scp.audit.AuditSender} keeps them
 * until they are sent, {@link nmsw.scp.audit.AuditTrail} is told what happens in a node.
 */
package nmsw.scp.audit;

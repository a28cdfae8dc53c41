/**
 * How the node is: what it counts and measures for Prometheus ({@link nmsw.scp.monitoring.Metrics}), and whether all
 * that has something to do moves ({@link nmsw.scp.monitoring.Vitals}). No label or line tells of a patient.
 */
package nmsw.scp.monitoring;

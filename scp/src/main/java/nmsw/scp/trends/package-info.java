/**
 * What results measured over the days, per model version: organ volumes and the entropy of the importance map. {@link
 * nmsw.scp.trends.TrendResult} is what is kept of one result, {@link nmsw.scp.trends.TrendTable} keeps it, {@link
 * nmsw.scp.trends.DriftMonitor} compares recent days with those before by {@link nmsw.scp.trends.Drift}. Nothing here
 * knows of a patient, and of the node nothing but its database.
 */
package nmsw.scp.trends;

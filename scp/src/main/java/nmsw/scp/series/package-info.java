/**
 * What is known of a series: its {@link nmsw.scp.series.SeriesRecord record}, the states it can be in and how each of
 * them may be left, the stages whose time is measured. Values only; {@code nmsw.scp.database} keeps them.
 */
package nmsw.scp.series;

/**
 * Files that are on the disk when it is said that they are, after a power loss too: "acknowledged means durable" of the
 * node rests on these. Names from the network become hashes here, never paths.
 */
package nmsw.scp.disk;

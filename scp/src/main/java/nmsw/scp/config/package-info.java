/**
 * Everything that an operator can set: {@link nmsw.scp.config.NodeConfig} reads {@code node.yaml}, every section of it
 * is a record. All problems are reported together, each with key and line; nothing is guessed. Knows no other package
 * of the node.
 */
package nmsw.scp.config;

/**
 * The launcher's words: one picocli command each, thin over the modules they run. Start reading at {@link
 * nmsw.scp.cli.Main}. Nothing outside this package calls it.
 */
package nmsw.scp.cli;

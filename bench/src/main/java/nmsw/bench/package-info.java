/**
 * Benchmarks and analytic costs, run by hand through {@code ./nmsw bench}; their record is {@code
 * docs/PERFORMANCE.md}. May call every module, is called by none. Start reading at {@link
 * nmsw.bench.BenchCommand}.
 */
package nmsw.bench;

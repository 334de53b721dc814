// Package bench measures the product as its user meets it: the time of a process, from start to exit, and
// its memory. Run it with make bench; the figures are kept in docs/benchmarks.md.
package bench

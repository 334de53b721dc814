// Package leaks holds the tests of gorescue profile on real servers: each way to lose goroutines, memory or processor
// time, under load and after it, and healthy servers that look like them.
package leaks

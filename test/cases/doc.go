// Package cases is the test suite of the product: every archive of testdata/cases is a real fault
// that gorescue must name, repair, verify and take back in the developer's own environment, and every
// archive of testdata/healthy is a set-up in which it must find nothing and change nothing.
//
//	go test ./test/cases -run TestCases/goroot-env      some cases
//	go test ./test/cases -remedy=expert                 prove the archives themselves: the expert's
//	                                                    remedy stands in for the product
//
// The table of results goes to $GORESCUE_RESULTS, if set, and a summary to standard output.
package cases

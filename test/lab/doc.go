// Package lab runs the fault archives in testdata: it makes a real, broken Go environment in a
// temporary folder, hands it to a test at the point where a repair is due, and ends everything it
// started, also when the test itself is killed. It works on Linux; elsewhere the package is empty.
package lab

// Package survival proves that gorescue works where Go does not: without go, git or a home, on
// read-only and full disks, and with every kind of file that is no readable file wherever it looks.
package survival

//go:build unix && !linux

package gotree

func noExec(string) bool { return false }

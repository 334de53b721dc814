//go:build unix

package editor

import "golang.org/x/sys/unix"

// mayExecute asks as the editors do: access(2) with X_OK.
func mayExecute(path string) bool { return unix.Access(path, unix.X_OK) == nil }

//go:build unix

package cli

import "syscall"

// replace makes this process run another program. It returns only when that fails.
func replace(path string, args, environ []string) error { return syscall.Exec(path, args, environ) }

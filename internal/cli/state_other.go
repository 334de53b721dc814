//go:build !unix

package cli

import "io/fs"

func private(fi fs.FileInfo) bool { return fi.IsDir() }

func writable(string) bool { return true }

//go:build !linux

package modcache

// keepsTimes: which file systems keep ctime is known for Linux only.
func keepsTimes(string) bool { return false }

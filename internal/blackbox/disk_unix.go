//go:build linux || darwin

package blackbox

import "golang.org/x/sys/unix"

// room is what the file system of a folder has free for this user; zeros = not known.
func room(dir string) (free, total, inodes, nodes int64) {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0, 0, 0, 0
	}
	size := int64(st.Bsize)
	return int64(st.Bavail) * size, int64(st.Blocks) * size, int64(st.Ffree), int64(st.Files)
}

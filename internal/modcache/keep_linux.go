package modcache

import (
	"slices"

	"golang.org/x/sys/unix"
)

// keepsTimes reports whether a folder lies on a local file system whose kernel sets the time of the last change of
// an inode at every change: network and user-space file systems may show what somebody else's clock says.
func keepsTimes(dir string) bool {
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) != nil {
		return false
	}
	return slices.Contains([]uint32{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.F2FS_SUPER_MAGIC, unix.OVERLAYFS_SUPER_MAGIC, 0x2fc12fc1}, uint32(fs.Type)) // the last one: ZFS
}

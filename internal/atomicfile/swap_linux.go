package atomicfile

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// exchange is renameat2(2) with RENAME_EXCHANGE: EINVAL of a file system that cannot, EXDEV of a folder in a lower
// layer of an overlay, ENOSYS before Linux 3.15.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	for _, cannot := range []error{unix.EINVAL, unix.ENOSYS, unix.ENOTSUP, unix.EXDEV} {
		if errors.Is(err, cannot) {
			return fmt.Errorf("%w: %v", errors.ErrUnsupported, err)
		}
	}
	return err
}

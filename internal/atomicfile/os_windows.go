package atomicfile

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

func identity(fs.FileInfo) (uid, gid int, inode uint64) { return -1, -1, 0 }

func crossDevice(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

func unsupported(error) bool { return true } // folders cannot be synced here

func openRegular(path string) (*os.File, error) { return os.Open(path) }

// TryLock takes the lock file at path without waiting; ok is false when another process has it.
func TryLock(path string) (release func(), ok bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if err != nil {
		f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			return nil, false, nil
		}
		return nil, false, err
	}
	return func() { f.Close() }, true, nil
}

// TryLockFile takes a lock file that belongs to another program: its content stays as it is.
func TryLockFile(path string) (release func(), ok bool, err error) { return TryLock(path) }

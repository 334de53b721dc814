package atomicfile

import (
	"os"
	"path/filepath"
	"time"
)

// Store puts a file of our own in its place with mode 0600, and makes the folders above it with mode 0700 where they are
// missing. After a crash the old file is there, or the new one.
func Store(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return Put(path, Temp(path, "store"), Image{Kind: File, Mode: 0o600, UID: os.Getuid(), GID: os.Getgid(), ModTime: time.Now(), Data: data})
}

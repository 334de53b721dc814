//go:build unix

package pressure

import "golang.org/x/sys/unix"

// nowFile is a file that is read by system calls alone and never waited for.
type nowFile int

// errOverwritten is the answer of /dev/kmsg when the record to read next is gone: the one after it is read then.
const errOverwritten = unix.EPIPE

func openNow(path string) (nowFile, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	return nowFile(fd), err
}

func (f nowFile) read(buf []byte) (int, error) { return unix.Read(int(f), buf) }

func (f nowFile) close() { unix.Close(int(f)) }

package lspdoor

import (
	"bufio"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Open answers those who ask with what open returns, until the returned function is called; that waits for answers under way.
// open is never called twice at once. Without a door, because there is one of that number already, nothing happens.
func Open(open func() string) (shut func()) {
	l, err := net.Listen("unix", name(os.Getpid()))
	if err != nil {
		return func() {}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if sameUser(c) {
				url := open()
				if url == "" {
					url = "-"
				}
				_ = c.SetWriteDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(c, url+"\n")
			}
			c.Close()
		}
	})
	return func() { l.Close(); wg.Wait() }
}

// Ask asks the supervisor with that process number. "" means that its gopls did not answer.
func Ask(pid int) (url string, err error) {
	c, err := net.DialTimeout("unix", name(pid), patience)
	if err != nil {
		return "", ErrNone
	}
	defer c.Close()
	if !sameUser(c) {
		return "", ErrNone
	}
	_ = c.SetReadDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(io.LimitReader(c, maxAnswer)).ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(strings.TrimSpace(line), "-"), nil
}

// sameUser reports whether the other end belongs to us (unix(7), SO_PEERCRED).
func sameUser(c net.Conn) bool {
	raw, err := c.(*net.UnixConn).SyscallConn()
	if err != nil {
		return false
	}
	ok := false
	err = raw.Control(func(fd uintptr) {
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		ok = err == nil && int(cred.Uid) == os.Geteuid()
	})
	return err == nil && ok
}

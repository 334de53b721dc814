package proc

import (
	"strconv"
	"strings"
)

// The states of a connection that we ask for (linux/include/net/tcp_states.h).
const (
	tcpEstablished = 0x01
	tcpSynSent     = 0x02
	tcpCloseWait   = 0x08
	tcpListen      = 0x0a
)

// socket is one line of /proc/net/tcp (proc_net(5)).
type socket struct {
	port  int // local
	state int
	inode string
}

// parseTCP reads the table; lines that it does not understand are passed over.
func parseTCP(data string) []socket {
	var out []socket
	for line := range strings.Lines(data) {
		f := strings.Fields(line)
		if len(f) < 10 {
			continue
		}
		_, hex, ok := strings.Cut(f[1], ":")
		port, err1 := strconv.ParseUint(hex, 16, 16)
		state, err2 := strconv.ParseUint(f[3], 16, 8)
		if !ok || err1 != nil || err2 != nil {
			continue
		}
		out = append(out, socket{port: int(port), state: int(state), inode: f[9]})
	}
	return out
}

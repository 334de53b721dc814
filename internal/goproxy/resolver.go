package goproxy

import (
	"context"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// serverLimit bounds one question to one name server, so that a dead first one leaves time for the second. The go command
// waits for 5 s, or what resolv.conf says.
const serverLimit = time.Second

// nameServers remembers which name servers were asked and which answered.
type nameServers struct {
	mu   sync.Mutex
	list []facts.NameAsk
}

// dialer connects to names as the go command does. On Linux and the BSDs the questions to name servers are watched; macOS and
// Windows leave names to the system.
func (n *nameServers) dialer() *net.Dialer {
	d := &net.Dialer{}
	switch runtime.GOOS {
	case "windows", "darwin", "ios", "plan9":
	default:
		d.Resolver = &net.Resolver{PreferGo: true, Dial: n.dial}
	}
	return d
}

// asked is a copy of what is known of the name servers.
func (n *nameServers) asked() []facts.NameAsk {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]facts.NameAsk(nil), n.list...)
}

func (n *nameServers) note(server string, change func(*facts.NameAsk)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.list {
		if n.list[i].Server == server {
			change(&n.list[i])
			return
		}
	}
	if len(n.list) < 10 {
		n.list = append(n.list, facts.NameAsk{Server: server})
		change(&n.list[len(n.list)-1])
	}
}

func (n *nameServers) dial(ctx context.Context, network, server string) (net.Conn, error) {
	d := net.Dialer{Timeout: serverLimit}
	c, err := d.DialContext(ctx, network, server)
	n.note(server, func(a *facts.NameAsk) {
		if a.Asked++; err != nil {
			a.Err = err.Error()
		}
	})
	if err != nil {
		return nil, err
	}
	w := watched{c, server, n}
	if p, ok := c.(net.PacketConn); ok { // net asks in another form when the connection is one of packets
		return watchedPacket{w, p}, nil
	}
	return w, nil
}

// watched is a connection to a name server.
type watched struct {
	net.Conn
	server string
	n      *nameServers
}

// SetDeadline keeps to serverLimit.
func (w watched) SetDeadline(t time.Time) error {
	if own := time.Now().Add(serverLimit); t.IsZero() || own.Before(t) {
		t = own
	}
	return w.Conn.SetDeadline(t)
}

// Read notes whether an answer came.
func (w watched) Read(p []byte) (int, error) {
	k, err := w.Conn.Read(p)
	w.n.note(w.server, func(a *facts.NameAsk) {
		if err != nil {
			a.Err = err.Error()
		} else {
			a.Answered++
		}
	})
	return k, err
}

// watchedPacket is a watched connection of packets.
type watchedPacket struct {
	watched
	packets net.PacketConn
}

// ReadFrom implements net.PacketConn.
func (w watchedPacket) ReadFrom(p []byte) (int, net.Addr, error) { return w.packets.ReadFrom(p) }

// WriteTo implements net.PacketConn.
func (w watchedPacket) WriteTo(p []byte, to net.Addr) (int, error) { return w.packets.WriteTo(p, to) }

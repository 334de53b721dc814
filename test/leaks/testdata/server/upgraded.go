package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// peer is a connection that a handler took over: one goroutine reads, one writes, the handler waits for their end.
type peer struct {
	net.Conn
	send chan []byte
	done chan struct{}
}

func (p *peer) start() {
	go p.read()
	go p.write()
}

func (p *peer) read() {
	defer close(p.done)
	buf := make([]byte, 100)
	for {
		if _, err := p.Read(buf); err != nil {
			return
		}
	}
}

func (p *peer) write() {
	for {
		select {
		case b := <-p.send:
			p.Write(b)
		case <-p.done:
			return
		}
	}
}

// okUpgraded has 25 of them; their clients are there and say nothing.
func okUpgraded(base string) {
	http.HandleFunc("/upgrade", func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		p := &peer{c, make(chan []byte), make(chan struct{})}
		p.start()
		<-p.done
	})
	connect(base, "GET /upgrade HTTP/1.1\r\nHost: x\r\n\r\n")
}

// okUnread has 25 requests that wait for news, and does not read what they say.
func okUnread(base string) {
	news := make(chan string)
	http.HandleFunc("/news", func(w http.ResponseWriter, r *http.Request) {
		select {
		case n := <-news:
			fmt.Fprintln(w, n)
		case <-r.Context().Done():
		}
	})
	time.AfterFunc(time.Hour, func() { news <- "late" })
	connect(base, "POST /news HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"+strings.Repeat("x", 100))
}

// connect sends the same to the program itself over 25 connections, which stay.
func connect(base, text string) {
	for range 25 {
		c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			panic(err)
		}
		fmt.Fprint(c, text)
		go c.Read(make([]byte, 1))
	}
}

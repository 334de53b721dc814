package lspproxy

import (
	"io"
	"time"

	"github.com/gorescue/gorescue/internal/text"
)

// Options say what is supervised and how strictly.
type Options struct {
	Server  []string // the real gopls, absolute, and its arguments
	Environ []string // of the server
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Lang    text.Lang     // "" = as the editor says in initialize, else English
	Record  func(e Event) // takes an event to the journal; nil = nothing is recorded. Never called concurrently.

	StrictCPU   bool  // end a server that uses more than 90 % of a processor for 5 s
	MaxMemory   int64 // bytes that a server may use; 0 = three quarters of what the machine, or the cgroup, has
	MaxRestarts int   // in a row, before it is left alone for a while; 0 = 5
	NoLight     bool  // always start it with all settings
}

func (o Options) maxRestarts() int {
	if o.MaxRestarts > 0 {
		return o.MaxRestarts
	}
	return 5
}

func (o Options) limits() limits {
	return limits{
		silence: 7 * time.Second, blind: 2 * time.Minute, waits: time.Minute,
		look: 5 * time.Second, starve: 45 * time.Second, deaf: 90 * time.Second,
		flood: 5 * time.Second, memory: o.MaxMemory, strictCPU: o.StrictCPU,
	}
}

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

	StrictCPU   bool          // end a server that uses more than 90 % of a processor for 5 s
	Patience    time.Duration // that a question may wait while the server computes and tells of no progress; 0 = 45 s
	MaxMemory   int64         // bytes that a server may use; 0 = three quarters of what the machine, or the cgroup, has
	MaxRestarts int           // in a row, before it is left alone for a while; 0 = 5
	MaxPause    time.Duration // before it is started again after many deaths; 0 = 5 s
	NoLight     bool          // always start it with all settings
}

func (o Options) maxRestarts() int {
	if o.MaxRestarts > 0 {
		return o.MaxRestarts
	}
	return 5
}

func (o Options) patience() time.Duration {
	if o.Patience > 0 {
		return o.Patience
	}
	return 45 * time.Second
}

func (o Options) limits() limits {
	return limits{
		silence: 7 * time.Second, blind: 2 * time.Minute, waits: time.Minute,
		look: 5 * time.Second, starve: o.patience(), deaf: 2 * o.patience(),
		flood: 5 * time.Second, memory: o.MaxMemory, strictCPU: o.StrictCPU,
	}
}

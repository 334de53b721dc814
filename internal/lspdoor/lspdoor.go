// Package lspdoor is how another gorescue of the same user asks the supervisor of gopls to have gopls open its debug port:
// only the one who owns the stream to gopls can ask that of it. The supervisor listens on a local socket that is named after its process
// number and answers each connection with one line, the address, or "-" when gopls does not answer. Both ends check that the other belongs to
// the same user. It exists on Linux; elsewhere there is no door.
package lspdoor

import (
	"errors"
	"strconv"
	"time"
)

// ErrNone says that no supervisor with that process number has a door.
var ErrNone = errors.New("no door")

// patience is how long either end waits for the other.
const patience = 11 * time.Second

// maxAnswer bounds the line, in bytes.
const maxAnswer = 200

func name(pid int) string { return "@gorescue-lsp-" + strconv.Itoa(pid) }

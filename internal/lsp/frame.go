package lsp

import (
	"bytes"
	"strconv"
)

// Damage is a way in which a stream does not follow the protocol's framing and was read all the same.
type Damage string

// The kinds of damage. Each has been seen in the field: programs that print to the standard output of
// a server, scripts that filter its stream, editors that count characters instead of bytes.
const (
	Garbage   Damage = "text between messages"
	BareLines Damage = "header lines without carriage return"
	TooLong   Damage = "Content-Length larger than the message"
	TooShort  Damage = "Content-Length smaller than the message"
	NoLength  Damage = "a message without Content-Length"
	NotJSON   Damage = "a message that is no JSON object"
)

// maxMessage bounds one message: 512 MiB.
const maxMessage = 512 << 20

// maxGarbage bounds a line that is no header.
const maxGarbage = 64 << 10

// minBuffer is the size of a buffer when little is in it.
const minBuffer = 16 << 10

var lengthName = []byte("content-length:")

// Decoder cuts a stream into messages. It takes bytes as they come, mends what it can of a damaged
// stream, and says what the damage is. The zero value is ready. Not safe for concurrent use.
type Decoder struct {
	// Damaged is called for each damage with a sample of the bytes (at most 200). May be nil.
	Damaged func(d Damage, sample []byte)

	store   []byte
	buf     []byte // what is not consumed yet, within store
	headed  bool   // a Content-Length line was read
	length  int    // of the message, as the header says; -1 = unknown
	inBody  bool   // the header is read: a message begins at buf[0]
	stalled bool
	grown   int // of buf that was searched for the end of a message of unknown length
	bare    bool
}

// Feed adds bytes of the stream; they are copied.
func (d *Decoder) Feed(p []byte) {
	need := len(d.buf) + len(p)
	if len(d.buf) == 0 || need > cap(d.buf) {
		if need > cap(d.store) || cap(d.store) > 1<<20 && need < 64<<10 { // a large message is over: give its room back
			d.store = make([]byte, max(minBuffer, need+need/2))
		}
		d.buf = d.store[:copy(d.store, d.buf)]
	}
	d.buf = append(d.buf, p...)
	d.stalled = false
}

// Pending reports whether a message has begun and not ended.
func (d *Decoder) Pending() bool { return d.inBody || len(d.buf) > 0 }

// Stalled tells the decoder that nothing has come for a while: what it holds may be a whole message whose
// header promises more. Call Next afterwards.
func (d *Decoder) Stalled() { d.stalled = true }

// Next returns the next message; ok is false when more bytes are needed. The message's bytes are its own.
func (d *Decoder) Next() (m Message, ok bool) {
	for {
		if !d.inBody && !d.header() {
			return Message{}, false
		}
		switch m, state := d.body(); state {
		case whole:
			return m, true
		case wait:
			return Message{}, false
		}
	}
}

// The outcomes of looking for the end of a message.
type outcome int

const (
	wait  outcome = iota // for more bytes
	whole                // a message
	again                // something was dropped
)

// header reads up to the first byte of a message; false when more bytes are needed. A line that is read is
// dropped, so that nothing is told twice.
func (d *Decoder) header() bool {
	for {
		if !d.headed && len(d.buf) > 0 && d.buf[0] == '{' {
			d.damaged(NoLength, d.buf)
			d.inBody, d.length, d.grown = true, -1, 0
			return true
		}
		n := bytes.IndexByte(d.buf, '\n')
		if n < 0 {
			if !d.headed && len(d.buf) > maxGarbage {
				d.damaged(Garbage, d.buf)
				d.drop(len(d.buf) - len(lengthName) - 20)
			}
			return false
		}
		line := bytes.TrimRight(d.buf[:n], "\r")
		known := d.headed
		v, found := d.lengthOf(line)
		switch {
		case found:
			d.headed, d.length = true, v
		case len(line) > 0 && !field(line):
			d.damaged(Garbage, line)
		}
		if len(line) == n && !d.bare && (found || known && n == 0) {
			d.bare = true
			d.damaged(BareLines, line)
		}
		end := known && len(line) == 0
		d.drop(n + 1)
		if end {
			d.inBody, d.grown = true, 0
			return true
		}
	}
}

// lengthOf reads a Content-Length line, also behind text that some program printed without a line end.
func (d *Decoder) lengthOf(line []byte) (n int, found bool) {
	i := indexFold(line, lengthName)
	if i < 0 {
		return 0, false
	}
	if i > 0 {
		d.damaged(Garbage, line[:i])
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(line[i+len(lengthName):])))
	if err != nil || n < 0 || n > maxMessage {
		d.damaged(NoLength, line)
		return -1, true
	}
	return n, true
}

// body looks for the end of the message that begins at buf[0].
func (d *Decoder) body() (Message, outcome) {
	if d.length < 0 {
		return d.unknown()
	}
	if len(d.buf) < d.length {
		if !d.stalled {
			return Message{}, wait
		}
		_, end, err := parse(d.buf)
		if err != nil {
			return Message{}, wait
		}
		d.damaged(TooLong, d.buf)
		return d.take(end), whole
	}
	_, end, err := parse(d.buf[:d.length])
	switch {
	case err == nil && space(d.buf[:d.length], end) == d.length:
		end = d.length
	case err == nil:
		d.damaged(TooLong, d.buf)
	case err == errShort:
		d.damaged(TooShort, d.buf)
		d.length = -1
		return d.unknown()
	default:
		d.damaged(NotJSON, d.buf)
		if next := indexFold(d.buf[:d.length], lengthName); next > 0 {
			end = next
		} else {
			end = d.length
		}
		d.end(end)
		return Message{}, again
	}
	return d.take(end), whole
}

// unknown looks for the end of a message whose length the header did not tell.
func (d *Decoder) unknown() (Message, outcome) {
	if len(d.buf) < 2*d.grown && !d.stalled { // do not read a long message over and over
		return Message{}, wait
	}
	d.grown = len(d.buf)
	_, end, err := parse(d.buf)
	switch {
	case err == nil:
		return d.take(end), whole
	case err == errShort && len(d.buf) < maxMessage:
		return Message{}, wait
	}
	d.damaged(NotJSON, d.buf)
	next := -1
	if len(d.buf) > 1 {
		next = indexFold(d.buf[1:], lengthName)
	}
	if next < 0 {
		next = len(d.buf) - 1
	}
	d.end(next + 1)
	return Message{}, again
}

// take returns the message that ends at end, and goes on behind it.
func (d *Decoder) take(end int) Message {
	m, err := Parse(bytes.Clone(d.buf[:end]))
	if err != nil {
		panic("lsp: a message changed while it was read")
	}
	d.end(end)
	return m
}

func (d *Decoder) end(n int) {
	d.drop(n)
	d.headed, d.inBody, d.grown = false, false, 0
}

// drop forgets the first n bytes.
func (d *Decoder) drop(n int) { d.buf = d.buf[n:] }

func (d *Decoder) damaged(kind Damage, sample []byte) {
	if d.Damaged != nil {
		d.Damaged(kind, bytes.Clone(sample[:min(len(sample), 200)]))
	}
}

// field reports whether a line looks like a header field, "Name: value".
func field(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 {
		return false
	}
	return bytes.HasPrefix(bytes.ToLower(name), []byte("content-"))
}

// indexFold is bytes.Index without regard to the case of ASCII letters; sep is in lower case.
func indexFold(b, sep []byte) int {
	for i := 0; i+len(sep) <= len(b); i++ {
		if b[i]|0x20 == sep[0] && bytes.EqualFold(b[i:i+len(sep)], sep) {
			return i
		}
	}
	return -1
}

// AppendFrame appends a message with its header.
func AppendFrame(dst, body []byte) []byte {
	return append(AppendHeader(dst, len(body)), body...)
}

// AppendHeader appends the header of a message of n bytes.
func AppendHeader(dst []byte, n int) []byte {
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, "\r\n\r\n"...)
}

package facts

// Locks answers: who holds and who waits for the file locks of the go command?
type Locks struct {
	Held []Lock `json:"held,omitempty"`
}

// Lock is one locked file.
type Lock struct {
	Path string `json:"path" class:"path"`
}

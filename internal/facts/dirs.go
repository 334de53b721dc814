package facts

// Dirs answers: can the go command use the folders it writes to?
type Dirs struct {
	Roles map[string]Dir `json:"roles,omitempty"`
}

// Dir is one folder.
type Dir struct {
	Path string `json:"path" class:"path"`
}

package facts

// Toolchain answers: which go programs and Go trees are on this machine, which one does a
// command here start, and is that one whole?
type Toolchain struct {
	Commands []GoCommand `json:"commands"` // every `go` in PATH, in order
	Trees    []GoTree    `json:"trees"`    // the trees of these commands, of GOROOT, and others found in usual places
}

// GoCommand is one program named go in a folder of PATH.
type GoCommand struct {
	Path    string `json:"path" class:"path"`
	Index   int    `json:"index"` // position of its folder in PATH, from 0
	Real    string `json:"real" class:"path"`
	Kind    string `json:"kind"` // binary, script, dangling, folder, not-executable, other
	Root    string `json:"root" class:"path"`
	Version string `json:"version"`
}

// GoTree is one Go installation.
type GoTree struct {
	Root    string `json:"root" class:"path"`
	Version string `json:"version"`
}

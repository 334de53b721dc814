package facts

// Git answers: can the go command ask git about this working tree?
type Git struct {
	Root string `json:"root" class:"path"`
}

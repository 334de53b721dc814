package facts

// Project answers: which module and workspace does this folder belong to, and what do their
// files ask for?
type Project struct {
	Root string `json:"root" class:"path"` // folder of go.mod, "" = none
}

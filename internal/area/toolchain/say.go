package toolchain

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/text"
)

func because(m text.Msg) diag.Evidence { return diag.Evidence{Role: diag.Because, Text: m} }

func proof(m text.Msg, command string) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Text: m, Command: command}
}

func not(m text.Msg) diag.Evidence { return diag.Evidence{Role: diag.Not, Text: m} }

func at(e diag.Evidence, file string, line int) diag.Evidence {
	e.File, e.Line = file, line
	return e
}

// manual is advice.
func manual(m text.Msg, shell string) diag.Fix {
	return diag.Fix{Title: m, Risk: diag.Manual, Shell: shell}
}

// Package readonly proves that a diagnosis only looks: every system call of gorescue and of all it
// starts is watched while it diagnoses broken and healthy environments. Nothing may be written but our own
// state, the go command's build cache and temporary work folders; nothing may be connected to.
package readonly

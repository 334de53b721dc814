// Package lsp lets editors work through the supervisor with real servers, and does to those servers what
// happens to them in the field: they are killed, stopped, made to spin and to eat memory, while the
// editor edits and asks.
package lsp

// Package vscode lets a real VS Code server, with a real extension host, a real page in front of it and a real gopls,
// go through what freezes Go in the field: gopls dies, the list of extensions is damaged, settings are not read again.
package vscode

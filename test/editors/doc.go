// Package editors proves the checks of editors and gopls on many small set-ups: each is a home folder with real
// files and real gopls programs, diagnosed by all probes and checks that concern editors, repaired with the first
// fix that needs nobody, and diagnosed again. It works on Linux.
package editors

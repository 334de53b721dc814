// Package lint holds the rules of this code base as tests: what a reviewer would otherwise have to
// remember. Each rule says in its failure what to do instead.
package lint

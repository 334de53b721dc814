//go:build !unix || darwin

package goproxy

import "crypto/x509"

// systemRoots is nil: macOS and Windows ask the system, whatever the environment says.
func systemRoots(map[string]string) *x509.CertPool { return nil }

func systemPEM(map[string]string) [][]byte { return nil }

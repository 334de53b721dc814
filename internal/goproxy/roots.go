package goproxy

import (
	"crypto/x509"
	"io"
	"os"
)

// maxBundle bounds one file of certificates: 8 MiB.
const maxBundle = 8 << 20

// readBundle reads a regular file of certificates.
func readBundle(path string) ([]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, os.ErrInvalid
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBundle))
}

// roots are the certificates that the go command trusts in this environment, and those of extra. nil means the system's
// own, where nothing of the environment decides.
func roots(vars map[string]string, extra []string) *x509.CertPool {
	pool := systemRoots(vars)
	if len(extra) == 0 {
		return pool
	}
	if pool == nil {
		var err error
		if pool, err = x509.SystemCertPool(); err != nil {
			pool = x509.NewCertPool()
		}
	}
	for _, path := range extra {
		if data, err := readBundle(path); err == nil {
			pool.AppendCertsFromPEM(data)
		}
	}
	return pool
}

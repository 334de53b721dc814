package goproxy

import (
	"crypto/x509"
	"encoding/pem"
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

// Trusted lists the certificates that the go command trusts in this environment, and those of extra. It is empty on macOS and
// Windows, where the system is asked instead.
func Trusted(vars map[string]string, extra []string) []*x509.Certificate {
	var out []*x509.Certificate
	texts := systemPEM(vars)
	for _, path := range extra {
		if data, err := readBundle(path); err == nil {
			texts = append(texts, data)
		}
	}
	for _, rest := range texts {
		out = append(out, ParseCerts(rest)...)
	}
	return out
}

// ParseCerts reads every certificate of a text; what is no certificate is passed over, as crypto/x509 does.
func ParseCerts(rest []byte) []*x509.Certificate {
	var out []*x509.Certificate
	for len(rest) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			out = append(out, c)
		}
	}
	return out
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

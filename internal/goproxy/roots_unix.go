//go:build unix && !darwin

package goproxy

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
)

// bundles and folders are where crypto/x509 looks on Linux and the BSDs when SSL_CERT_FILE and SSL_CERT_DIR are unset
// (crypto/x509/root_linux.go, root_bsd.go).
const (
	bundles = "/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/pki/tls/cacert.pem " +
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem /etc/ssl/cert.pem /usr/local/etc/ssl/cert.pem /usr/local/share/certs/ca-root-nss.crt"
	folders = "/etc/ssl/certs /etc/pki/tls/certs /usr/local/share/certs"
)

// systemRoots are the certificates of systemPEM.
func systemRoots(vars map[string]string) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, text := range systemPEM(vars) {
		pool.AppendCertsFromPEM(text)
	}
	return pool
}

// systemPEM reads the certificates that a program of this environment trusts, as crypto/x509/root_unix.go does: the
// first bundle that can be read, and every file of every folder.
func systemPEM(vars map[string]string) [][]byte {
	var out [][]byte
	files, dirs := strings.Fields(bundles), strings.Fields(folders)
	if f := vars["SSL_CERT_FILE"]; f != "" {
		files = []string{f}
	}
	if d := vars["SSL_CERT_DIR"]; d != "" {
		dirs = strings.Split(d, ":")
	}
	for _, f := range files {
		if data, err := readBundle(f); err == nil {
			out = append(out, data)
			break
		}
	}
	for _, d := range dirs {
		entries, err := os.ReadDir(d)
		if err != nil {
			continue
		}
		for _, e := range entries[:min(len(entries), maxCertFiles)] {
			if data, err := readBundle(filepath.Join(d, e.Name())); err == nil {
				out = append(out, data)
			}
		}
	}
	return out
}

// maxCertFiles bounds the files of one folder of certificates that are read.
const maxCertFiles = 2000

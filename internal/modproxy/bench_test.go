package modproxy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkWarm serves what is in the module cache while the upstream hangs. first-ms is the median of the first
// request for a zip, in which it is verified; p50-ms and p99-ms are those of all later ones; file-ms is the median of
// reading the same files directly, as the go command does with a file:// proxy.
func BenchmarkWarm(b *testing.B) {
	const modules = 200
	dir, sums := tree(b, modules)
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hang.Close()
	cache := filepath.Join(b.TempDir(), "mod")
	download := filepath.Join(cache, "cache", "download")
	must(b, os.CopyFS(download, os.DirFS(dir)))
	s := start(b, hang.URL, func(c *Config) { c.ModCache, c.Sums = cache, KnownSums(sums, cache, "") })
	name := func(i int) string { return fmt.Sprintf("example.com/m%03d/@v/v1.0.0.zip", i%modules) }
	var first, later, direct []time.Duration
	get := func(i int) time.Duration {
		began := time.Now()
		res, err := http.Get(s.url + "/" + name(i))
		must(b, err)
		_, err = io.Copy(io.Discard, res.Body)
		must(b, err)
		res.Body.Close()
		if res.StatusCode != 200 {
			b.Fatal(res.Status)
		}
		return time.Since(began)
	}
	for i := range modules {
		first = append(first, get(i))
	}
	for i := 0; b.Loop(); i++ {
		later = append(later, get(i))
	}
	for i := range modules {
		began := time.Now()
		_, err := os.ReadFile(filepath.Join(download, name(i)))
		must(b, err)
		direct = append(direct, time.Since(began))
	}
	report := func(unit string, list []time.Duration, q float64) {
		slices.Sort(list)
		b.ReportMetric(float64(list[int(q*float64(len(list)-1))].Microseconds())/1000, unit)
	}
	report("first-ms", first, 0.5)
	report("p50-ms", later, 0.5)
	report("p99-ms", later, 0.99)
	report("file-ms", direct, 0.5)
}

// BenchmarkDownload is go mod download of 200 modules into an empty module cache: through the proxy, whose upstream is a
// folder, and straight from that folder.
func BenchmarkDownload(b *testing.B) {
	const modules = 200
	dir, sums := tree(b, modules)
	direct := "file://" + filepath.ToSlash(dir)
	s := start(b, direct, func(c *Config) { c.Sums = KnownSums(sums, "", "") })
	for _, way := range []struct{ name, list string }{{"proxy", s.url}, {"file", direct}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				if out, err := project(b, modules, sums, "GOPROXY="+way.list).run(b, "mod", "download"); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
	}
}

package profile

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The bounds of what is read from a program, in bytes.
const (
	maxBody  = 64 << 20
	maxPlain = 64 << 20 // of a profile when it is unpacked
)

// knockTime is how long a program may take to show that it has profiles.
const knockTime = 3 * time.Second

// door is the way into a program.
type door struct {
	base   string // without a slash at its end
	client *http.Client
	total  int  // goroutines, when it was opened
	gopls  bool // it is gopls, by the functions that it runs
}

// errNotFound says that the program does not have this profile.
var errNotFound = errors.New("the program does not have it")

func newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: nil, DisableCompression: true, MaxIdleConnsPerHost: 4, MaxResponseHeaderBytes: 64 << 10,
			DialContext: (&net.Dialer{Timeout: knockTime}).DialContext,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// knock opens the first of the addresses that answers with goroutines. The error tells what each of them said.
func knock(ctx context.Context, urls []string) (*door, error) {
	ctx, cancel := context.WithTimeout(ctx, knockTime)
	defer cancel()
	client := newClient()
	doors, errs := make([]*door, len(urls)), make([]error, len(urls))
	var wg sync.WaitGroup
	for i, u := range urls {
		wg.Go(func() {
			d := &door{base: u, client: client}
			body, err := d.get(ctx, "goroutine?debug=1", maxBody)
			if err == nil {
				d.total, err = total(body)
				d.gopls = bytes.Contains(body, []byte("golang.org/x/tools/gopls/"))
			}
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", u, err)
				return
			}
			doors[i] = d
		})
	}
	wg.Wait()
	for _, d := range doors {
		if d != nil {
			return d, nil
		}
	}
	return nil, errors.Join(errs...)
}

// total reads the first line of a goroutine profile as text.
func total(body []byte) (int, error) {
	n := 0
	if _, err := fmt.Sscanf(string(body[:min(len(body), 100)]), "goroutine profile: total %d\n", &n); err != nil {
		return 0, fmt.Errorf("no goroutine profile, but %q", strings.ToValidUTF8(string(body[:min(len(body), 60)]), "?"))
	}
	return n, nil
}

// get fetches one profile of at most limit bytes.
func (d *door) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, plain(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		if resp.StatusCode == http.StatusNotFound {
			return nil, errNotFound
		}
		return nil, &answerError{resp.StatusCode, strings.ToValidUTF8(strings.TrimSpace(string(said)), "?")}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, plain(err)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("the answer is larger than %d MiB", limit>>20)
	}
	return body, nil
}

// answerError is an answer that is no profile.
type answerError struct {
	code int
	said string
}

func (e *answerError) Error() string {
	said, _, _ := strings.Cut(e.said, "\n")
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.code, said))
}

// plain takes the address, which the caller knows, off an error of net/http.
func plain(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the program broke the connection off")
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	s := err.Error()
	if i := strings.LastIndex(s, "\": "); i >= 0 {
		s = s[i+3:]
	}
	return errors.New(s)
}

// unpack takes the gzip layer off a profile, to at most maxPlain bytes.
func unpack(data []byte) ([]byte, error) {
	if len(data) < 2 || data[0] != 0x1f || data[1] != 0x8b {
		return data, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(r, maxPlain+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is damaged: %w", err)
	case len(out) > maxPlain:
		return nil, fmt.Errorf("it is larger than %d MiB when unpacked", maxPlain>>20)
	}
	return out, nil
}

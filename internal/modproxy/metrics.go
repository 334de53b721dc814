package modproxy

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"github.com/gorescue/gorescue/internal/breaker"
)

// metrics of one server, in a set of its own:
//
//	gorescue_proxy_requests_total{kind,source,code}           requests answered: kind of file, where the answer came from, status
//	gorescue_proxy_request_seconds{source}                    histogram of the time to the first byte of an answer
//	gorescue_proxy_shared_total                               requests that got the answer of another one which was under way
//	gorescue_proxy_upstream_requests_total{upstream,outcome}  requests to upstreams
//	gorescue_proxy_upstream_seconds{upstream}                 histogram of the time of whole requests to upstreams
//	gorescue_proxy_breaker_state{upstream}                    0 closed, 1 open, 2 half-open
//	gorescue_proxy_store_bytes, gorescue_proxy_store_files    what is kept
//	gorescue_proxy_evicted_total                              files let go for want of room
type metrics struct {
	set    *vm.Set
	shared *vm.Counter
}

func newMetrics(s *Server) *metrics {
	m := &metrics{set: vm.NewSet()}
	m.shared = m.set.NewCounter(series("shared_total"))
	// What breakers and store say is read when somebody looks: nothing is kept in step.
	for _, l := range s.lists {
		for _, u := range l {
			m.set.GetOrCreateGauge(series("breaker_state", "upstream", u.label), func() float64 { return float64(u.breaker.Status().State) })
		}
	}
	m.set.RegisterMetricsWriter(func(w io.Writer) {
		bytes, files, gone := s.store.usage()
		vm.WriteGaugeUint64(w, series("store_bytes"), uint64(bytes))
		vm.WriteGaugeUint64(w, series("store_files"), uint64(files))
		vm.WriteCounterUint64(w, series("evicted_total"), uint64(gone))
	})
	return m
}

// series is a name with its labels, in pairs of name and value.
func series(name string, labels ...string) string {
	name = "gorescue_proxy_" + name
	if len(labels) == 0 {
		return name
	}
	var pairs []string
	for i := 0; i < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+"="+strconv.Quote(labels[i+1]))
	}
	return name + "{" + strings.Join(pairs, ",") + "}"
}

func (m *metrics) answered(k kind, source string, code int, took time.Duration) {
	m.set.GetOrCreateCounter(series("requests_total", "kind", string(k), "source", source, "code", strconv.Itoa(code))).Inc()
	m.set.GetOrCreatePrometheusHistogramExt(series("request_seconds", "source", source), vm.ExponentialBuckets(0.0005, 4, 9)).Update(took.Seconds())
}

func (m *metrics) asked(upstream, outcome string, took time.Duration) {
	m.set.GetOrCreateCounter(series("upstream_requests_total", "upstream", upstream, "outcome", outcome)).Inc()
	if took > 0 {
		m.set.GetOrCreatePrometheusHistogramExt(series("upstream_seconds", "upstream", upstream), vm.ExponentialBuckets(0.005, 4, 8)).Update(took.Seconds())
	}
}

// ServeHTTP writes all series in the text format of Prometheus.
func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
}

// health says that the proxy lives, and how the upstreams do.
func (s *Server) health(w http.ResponseWriter) {
	status := "ok"
	ups := s.Status()
	for _, u := range ups {
		if u.State != breaker.Closed.String() {
			status = "degraded"
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"service": "gorescue proxy", "status": status, "upstreams": ups})
}

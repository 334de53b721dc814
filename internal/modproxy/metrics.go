package modproxy

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/gorescue/gorescue/internal/breaker"
)

// metrics of one server, in a registry of its own.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	asks     *prometheus.CounterVec
	askTime  *prometheus.HistogramVec
	shared   prometheus.Counter
}

func newMetrics(s *Server) (*metrics, http.Handler) {
	const ns = "gorescue_proxy_"
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: ns + "requests_total", Help: "Requests answered, by kind of file, where the answer came from, and status."}, []string{"kind", "source", "code"}),
		seconds:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: ns + "request_seconds", Help: "Time to the first byte of an answer.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9)}, []string{"source"}),
		asks:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: ns + "upstream_requests_total", Help: "Requests to upstreams, by outcome."}, []string{"upstream", "outcome"}),
		askTime:  prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: ns + "upstream_seconds", Help: "Time of whole requests to upstreams.", Buckets: prometheus.ExponentialBuckets(0.005, 4, 8)}, []string{"upstream"}),
		shared:   prometheus.NewCounter(prometheus.CounterOpts{Name: ns + "shared_total", Help: "Requests that got the answer of another one which was under way."}),
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(m.requests, m.seconds, m.asks, m.askTime, m.shared, &states{s})
	return m, promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

func (m *metrics) answered(k kind, source string, code int, took time.Duration) {
	m.requests.WithLabelValues(string(k), source, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(source).Observe(took.Seconds())
}

func (m *metrics) asked(upstream, outcome string, took time.Duration) {
	m.asks.WithLabelValues(upstream, outcome).Inc()
	if took > 0 {
		m.askTime.WithLabelValues(upstream).Observe(took.Seconds())
	}
}

// states reads breakers and store when somebody looks: nothing is kept in step.
type states struct{ s *Server }

// Describe implements prometheus.Collector; the metrics are made at each look.
func (c *states) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *states) Collect(ch chan<- prometheus.Metric) {
	gauge := func(name, help string, v float64, labels ...string) {
		names := []string{"upstream"}[:len(labels)]
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("gorescue_proxy_"+name, help, names, nil), prometheus.GaugeValue, v, labels...)
	}
	seen := map[string]bool{}
	for _, l := range c.s.lists {
		for _, u := range l {
			if seen[u.label] {
				continue
			}
			seen[u.label] = true
			gauge("breaker_state", "0 closed, 1 open, 2 half-open.", float64(u.breaker.Status().State), u.label)
		}
	}
	bytes, files, gone := c.s.store.usage()
	gauge("store_bytes", "Bytes kept.", float64(bytes))
	gauge("store_files", "Files kept.", float64(files))
	ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("gorescue_proxy_evicted_total", "Files let go for want of room.", nil, nil), prometheus.CounterValue, float64(gone))
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

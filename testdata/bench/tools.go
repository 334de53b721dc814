package bench

import (
	_ "github.com/golangci/golangci-lint/v2/pkg/commands"
	_ "github.com/prometheus/prometheus/promql"
	_ "k8s.io/client-go/kubernetes"
)

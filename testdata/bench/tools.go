package bench

import (
	_ "github.com/prometheus/prometheus/promql"
	_ "github.com/golangci/golangci-lint/v2/pkg/commands"
	_ "k8s.io/client-go/kubernetes"
)

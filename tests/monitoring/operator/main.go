// operator reads AlertmanagerConfig and Secret objects as JSON lists from standard input, and writes what the
// Prometheus operator makes of them for Alertmanager.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/blang/semver/v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/prometheus-operator/prometheus-operator/pkg/alertmanager"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
)

type input struct {
	Configs []*v1alpha1.AlertmanagerConfig `json:"configs"`
	Secrets []*corev1.Secret               `json:"secrets"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var given input
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return err
	}
	client := fake.NewClientset()
	configs := map[string]*v1alpha1.AlertmanagerConfig{}
	for _, config := range given.Configs {
		configs[config.Namespace+"/"+config.Name] = config
	}
	ctx := context.Background()
	for _, secret := range given.Secrets {
		if err := client.Tracker().Add(secret); err != nil {
			return err
		}
	}
	store := assets.NewStoreBuilder(client.CoreV1(), client.CoreV1())
	server := &monitoringv1.Alertmanager{}
	server.Namespace = "monitoring"
	builder := alertmanager.NewConfigBuilder(
		slog.New(slog.NewTextHandler(os.Stderr, nil)), semver.MustParse("0.28.1"), store, server)
	base := []byte("route: {receiver: 'null'}\nreceivers: [{name: 'null'}]\n")
	if err := builder.InitializeFromRawConfiguration(base); err != nil {
		return err
	}
	if err := builder.AddAlertmanagerConfigs(ctx, configs); err != nil {
		return err
	}
	written, err := builder.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(written)
	return err
}

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/controller"
	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// sealedSecrets is the Sealed Secrets controller as its own main runs it, but for where its API server
// is: it knows only that of the pod it runs in. build.py puts controller.Connect in between.
func sealedSecrets() {
	// The package has --listen-addr and --listen-metrics-addr there already.
	options := pflag.CommandLine
	flags := controller.Flags{
		KeyPrefix:          "sealed-secrets-key",
		NamespaceAll:       true,
		RateLimitPerSecond: 2,
		RateLimitBurst:     2,
		UpdateStatus:       true,
	}
	options.IntVar(&flags.KeySize, "key-size", 4096, "size of new keys, in bits")
	options.DurationVar(&flags.ValidFor, "key-ttl", 10*365*24*time.Hour, "how long new keys are valid")
	options.DurationVar(&flags.KeyRenewPeriod, "key-renew-period", 30*24*time.Hour, "how often a key is made")
	kubeconfig := options.String("kubeconfig", "", "where the API server is, and who asks")
	namespace := options.String("namespace", metav1.NamespaceSystem, "where the keys are")
	tunnel := options.String("tunnel-addr", "", "where the API server asks for a way to pods")
	pki := options.String("tunnel-pki", "", "folder of the tunnel's certificate and its askers' authority")
	pflag.Parse()

	os.Setenv("POD_NAMESPACE", *namespace)
	controller.Connect = func() (*rest.Config, error) { return connect(*kubeconfig, *namespace) }
	if *tunnel != "" {
		go serveTunnel(*tunnel, *pki, pflag.Lookup("listen-addr").Value.String())
	}
	if err := controller.Main(&flags, "rehearsal"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// connect waits for the namespace, which a new cluster gets a moment after it answers: the controller
// would give up.
func connect(kubeconfig, namespace string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	// By default it asks 5 times a second: the secrets of two slots would take half a minute.
	config.QPS, config.Burst = 500, 1000
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	there := func(ctx context.Context) (bool, error) {
		_, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		return err == nil, nil
	}
	return config, wait.PollUntilContextTimeout(context.Background(), 50*time.Millisecond, time.Minute, true, there)
}

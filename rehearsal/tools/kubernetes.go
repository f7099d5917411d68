package main

import (
	"os"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectlcmd "k8s.io/kubectl/pkg/cmd"
	apiserverapp "k8s.io/kubernetes/cmd/kube-apiserver/app"
	managerapp "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	schedulerapp "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func apiserver() { os.Exit(cli.Run(apiserverapp.NewAPIServerCommand())) }

func controllerManager() { os.Exit(cli.Run(managerapp.NewControllerManagerCommand())) }

func scheduler() { os.Exit(cli.Run(schedulerapp.NewSchedulerCommand())) }

func kubectl() {
	if err := cli.RunNoErrOutput(kubectlcmd.NewDefaultKubectlCommand()); err != nil {
		// kubectl prints its own errors; only the exit code is left to say.
		os.Exit(1)
	}
}

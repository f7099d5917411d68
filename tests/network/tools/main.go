// policy-verdicts asks Cyclonus, an analyser of NetworkPolicies that shares no code with this project, which
// connections a set of policies lets through.
//
// It reads one JSON object on stdin, {"policies": [NetworkPolicy…], "traffic": [{source, destination, port, protocol}…]},
// and writes one JSON list on stdout, {"ingress": bool, "egress": bool} for each entry of "traffic", in its order.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// peer is one end of a connection; an empty namespace means that it is outside the cluster.
type peer struct {
	IP              string            `json:"ip"`
	Namespace       string            `json:"namespace"`
	NamespaceLabels map[string]string `json:"namespaceLabels"`
	PodLabels       map[string]string `json:"podLabels"`
}

type connection struct {
	Source      peer   `json:"source"`
	Destination peer   `json:"destination"`
	Port        int    `json:"port"`
	Protocol    string `json:"protocol"`
}

type question struct {
	Policies []*networking.NetworkPolicy `json:"policies"`
	Traffic  []connection                `json:"traffic"`
}

type verdict struct {
	Ingress bool `json:"ingress"`
	Egress  bool `json:"egress"`
}

func (p peer) toMatcher() *matcher.TrafficPeer {
	if p.Namespace == "" {
		return &matcher.TrafficPeer{IP: p.IP}
	}
	return &matcher.TrafficPeer{IP: p.IP, Internal: &matcher.InternalPeer{
		Namespace: p.Namespace, NamespaceLabels: p.NamespaceLabels, PodLabels: p.PodLabels,
	}}
}

func main() {
	var asked question
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		log.Fatalf("policy-verdicts: the question on stdin isn't understood: %v", err)
	}
	policy := matcher.BuildNetworkPolicies(false, asked.Policies)
	verdicts := make([]verdict, 0, len(asked.Traffic))
	for _, c := range asked.Traffic {
		answer := policy.IsTrafficAllowed(&matcher.Traffic{
			Source: c.Source.toMatcher(), Destination: c.Destination.toMatcher(),
			ResolvedPort: c.Port, Protocol: core.Protocol(c.Protocol),
		})
		verdicts = append(verdicts, verdict{Ingress: answer.Ingress.IsAllowed(), Egress: answer.Egress.IsAllowed()})
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatalf("policy-verdicts: %v", err)
	}
}

package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// serveTunnel is the API server's way to pods, as a managed cluster's konnectivity is: a proxy that it
// asks to CONNECT. What is asked for at the port of `here` is `here`, whatever the address: the pod's is
// simulated, and a pod can't be on loopback. Everything else is dialled as it stands. Like all that
// listens in the rehearsal it wants a certificate of the plane's authority.
func serveTunnel(address, pki, here string) {
	err := func() error {
		_, port, err := net.SplitHostPort(here)
		if err != nil {
			return err
		}
		authority, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
		if err != nil {
			return err
		}
		askers := x509.NewCertPool()
		askers.AppendCertsFromPEM(authority)
		server := http.Server{
			Addr:         address,
			TLSConfig:    &tls.Config{ClientCAs: askers, ClientAuth: tls.RequireAndVerifyClientCert},
			TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // HTTP/2 can't be taken over
			Handler: http.HandlerFunc(func(answer http.ResponseWriter, asked *http.Request) {
				wanted := asked.Host
				if _, each, err := net.SplitHostPort(wanted); err == nil && each == port {
					wanted = here
				}
				connectTo(wanted, answer, asked)
			}),
		}
		return server.ListenAndServeTLS(filepath.Join(pki, "serving.crt"), filepath.Join(pki, "serving.key"))
	}()
	fmt.Fprintln(os.Stderr, "the tunnel stopped:", err)
	os.Exit(1)
}

func connectTo(wanted string, answer http.ResponseWriter, asked *http.Request) {
	if asked.Method != http.MethodConnect {
		http.Error(answer, "only CONNECT", http.StatusMethodNotAllowed)
		return
	}
	there, err := net.Dial("tcp", wanted)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	asker, _, err := answer.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer asker.Close()
	fmt.Fprint(asker, "HTTP/1.1 200 Connection established\r\n\r\n")
	go io.Copy(there, asker)
	io.Copy(asker, there)
}

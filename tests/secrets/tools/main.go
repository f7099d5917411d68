// Runs templates as External Secrets does: Go's text/template with sprig's functions, but those that read the
// environment, and an error for a missing key (pkg/template/v2 of github.com/external-secrets/external-secrets).
// Standard input: one JSON document a line, {"template": ..., "data": {key: value}}; output: one JSON string a line.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type task struct {
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

func main() {
	functions := sprig.TxtFuncMap()
	delete(functions, "env")
	delete(functions, "expandenv")
	tasks, results := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var each task
		if err := tasks.Decode(&each); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		parsed, err := template.New("it").Option("missingkey=error").Funcs(functions).Parse(each.Template)
		if err != nil {
			log.Fatal(err)
		}
		var made strings.Builder
		if err := parsed.Execute(&made, each.Data); err != nil {
			log.Fatal(err)
		}
		if err := results.Encode(made.String()); err != nil {
			log.Fatal(err)
		}
	}
}

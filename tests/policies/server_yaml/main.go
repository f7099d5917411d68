// server_yaml answers each line, a text as JSON, with what the library of the API server and its clients reads there.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

const longest = 1 << 20

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		read, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			read, _ = json.Marshal(map[string]string{"refused": err.Error()})
		}
		fmt.Printf("{\"read\":%s,\"taken\":%t}\n", read, err == nil)
	}
}

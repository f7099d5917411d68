// query reads PromQL expressions, one JSON string a line, and writes for each the metrics it selects, or its error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

type answer struct {
	Metrics []string `json:"metrics"`
	Error   string   `json:"error,omitempty"`
}

func main() {
	reader := bufio.NewScanner(os.Stdin)
	reader.Buffer(nil, 1<<24)
	for reader.Scan() {
		var text string
		if err := json.Unmarshal(reader.Bytes(), &text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		written, _ := json.Marshal(read(text))
		fmt.Println(string(written))
	}
}

func read(text string) answer {
	expression, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	found := answer{Metrics: []string{}}
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			found.Metrics = append(found.Metrics, name(selector.LabelMatchers))
		}
		return nil
	})
	return found
}

func name(matchers []*labels.Matcher) string {
	for _, matcher := range matchers {
		if matcher.Name == labels.MetricName && matcher.Type == labels.MatchEqual {
			return matcher.Value
		}
	}
	return ""
}

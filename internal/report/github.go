package report

import (
	"fmt"
	"io"
	"strings"
)

// GitHub writes the findings as workflow commands, which GitHub Actions turns into annotations.
func (l *Log) GitHub(w io.Writer) error {
	for _, f := range l.Findings {
		command := map[Level]string{Error: "error", Warning: "warning", Note: "notice"}[f.level()]
		file, number, inside := l.place(f)
		properties := "title=" + property.Replace(l.Tool+" "+f.ID)
		if file != "" {
			properties = fmt.Sprintf("file=%s,line=%d,%s",
				property.Replace(file), number, properties)
		}
		line := fmt.Sprintf("::%s %s::%s\n", command, properties, data.Replace(f.text(inside)))
		if _, err := io.WriteString(w, Visible(line)); err != nil {
			return err
		}
	}
	return nil
}

// The escapes of workflow commands.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

package tests_test

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// x509Doc has a table of all cases between its marks, with what the built-in and OpenSSL said when
// they were last asked.
var x509Doc = filepath.Join("..", "docs", "x509.md")

const (
	x509Begin = "<!-- x509: begin -->\n"
	x509End   = "<!-- x509: end -->\n"

	// The columns of other stacks.
	builtInColumn = "built-in"
	openSSLColumn = "OpenSSL"
)

// x509Row is a line of the document's table: a case of a server's certificate, a client's, or
// both.
type x509Row struct {
	group, name, side, right, builtIn, openSSL, why string
}

func (r x509Row) String() string {
	return line(cell(r.name), r.side, r.right, r.builtIn, r.openSSL, cell(r.why))
}

func line(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// cell is a text escaped for a Markdown table.
func cell(text string) string {
	for _, c := range []string{"\\", "|", "*", "_", "<", "["} {
		text = strings.ReplaceAll(text, c, "\\"+c)
	}
	return text
}

// rows are the document's rows, with the known answers: the previous ones, and what was measured
// since.
func (l *x509Lab) rows(known map[string]string, measured []*x509Contender) []x509Row {
	var rows []x509Row
	at := map[string]int{}
	for _, c := range l.cases {
		row := x509Row{group: c.Group, name: c.Name, side: c.Side, right: c.right(), why: c.Why}
		if c.Table {
			row.right = "**" + row.right + "**"
		}
		row.builtIn = answerOf(c, builtInColumn, known, measured)
		row.openSSL = answerOf(c, openSSLColumn, known, measured)
		// The client's certificate of the same case is on the server's line if that is the same.
		if i, found := at[c.Name]; found {
			server := rows[i]
			server.side = row.side
			if server == row {
				rows[i].side = "both"
				continue
			}
		} else {
			at[c.Name] = len(rows)
		}
		rows = append(rows, row)
	}
	return rows
}

// answerOf is what a stack said to the last connection of a case over TLS 1.2, or "–".
func answerOf(
	c *x509Case, column string, known map[string]string, measured []*x509Contender,
) string {
	answer := known[column+"\n"+c.Side+"\n"+c.Name]
	for _, m := range measured {
		if m.name != column {
			continue
		}
		if said, _ := m.said(c, "1.2", len(c.Steps)-1); said != "–" {
			answer = said
		}
	}
	if answer == "" {
		return "–"
	}
	return answer
}

// knownAnswers are those of the current document.
func knownAnswers(text string) map[string]string {
	known := map[string]string{}
	text, _, _ = strings.Cut(text, "### Exceptions")
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(strings.ReplaceAll(line, "\\|", "\x00"), " | ")
		if len(cells) != 6 {
			continue
		}
		name := strings.TrimPrefix(cells[0], "| ")
		for _, c := range []string{"\\", "*", "_", "<", "["} {
			name = strings.ReplaceAll(name, "\\"+c, c)
		}
		name = strings.ReplaceAll(name, "\x00", "|")
		sides := []string{cells[1]}
		if cells[1] == "both" {
			sides = []string{"server", "client"}
		}
		for _, side := range sides {
			known[builtInColumn+"\n"+side+"\n"+name] = cells[3]
			known[openSSLColumn+"\n"+side+"\n"+name] = cells[4]
		}
	}
	return known
}

// doc is the document with its table regenerated.
func (l *x509Lab) doc(t *testing.T, measured []*x509Contender) string {
	t.Helper()
	text := string(readFile(t, x509Doc))
	before, rest, found := strings.Cut(text, x509Begin)
	table, after, ended := strings.Cut(rest, x509End)
	if !found || !ended {
		t.Fatalf("%s has no marks for the table", x509Doc)
	}
	var out strings.Builder
	out.WriteString(before + x509Begin)
	group := ""
	for _, row := range l.rows(knownAnswers(table), measured) {
		if row.group != group {
			group = row.group
			out.WriteString("\n### " + group + "\n\n")
			out.WriteString(sixColumns("whose", "right", builtInColumn, openSSLColumn))
		}
		out.WriteString(row.String())
	}
	out.WriteString("\n### Exceptions\n\n" + sixColumns("whose", "wolfSSL", "TLS", "answer"))
	for _, c := range l.cases {
		for _, e := range c.Exceptions {
			out.WriteString(line(cell(c.Name), c.Side, e.versions(),
				cmp.Or(strings.Join(e.TLS, ", "), "all"), e.Answer, cell(e.Why)))
		}
	}
	out.WriteString("\n" + x509End + after)
	return out.String()
}

// sixColumns begins a table with a case and a reason around other columns.
func sixColumns(others ...string) string {
	return line("case", strings.Join(others, " | "), "why") + "|---|---|---|---|---|---|\n"
}

// versions are those of wolfSSL that the exception is about.
func (e *x509Exception) versions() string {
	switch {
	case e.From != "" && e.Before != "":
		return "from " + e.From + ", before " + e.Before
	case e.From != "":
		return "from " + e.From
	case e.Before != "":
		return "before " + e.Before
	}
	return "all"
}

// holdDoc fails if the document does not match the cases and the measured answers.
func (l *x509Lab) holdDoc(t *testing.T, measured []*x509Contender) {
	t.Helper()
	got, want := string(readFile(t, x509Doc)), l.doc(t, measured)
	if got != want {
		t.Errorf("%s is stale; MPWOLF_X509_WRITE=1 and TestX509Firmware write it:\n%s", x509Doc,
			differing(got, want))
	}
}

// TestX509Doc checks that docs/x509.md has the cases of tests/x509/cases.py, and that there are
// enough of them.
func TestX509Doc(t *testing.T) {
	longOnly(t, "makes a thousand certificates")
	l := newX509Lab(t)
	l.holdDoc(t, nil)
	count := map[string]int{}
	for _, c := range l.cases {
		count[c.Side]++
	}
	if count["server"] < 300 || count["client"] < 100 {
		t.Errorf("cases: %v", count)
	}
	if os.Getenv("CI") != "" && l.faketime == "" {
		t.Error("no libfaketime: cases with a date of their own can't be run")
	}
}

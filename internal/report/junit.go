package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// Suite is a group of cases, such as the checks of one board.
type Suite struct {
	Name  string
	Cases []Case
}

// Case is one check. It failed if there are findings; else it was skipped if Skipped says why;
// else it passed.
type Case struct {
	Name     string
	Output   string // further output
	Skipped  string
	Findings []Finding
}

// JUnit writes suites as the XML that CI systems read test reports from.
func JUnit(w io.Writer, tool string, suites []Suite) error {
	all := junitSuites{Name: tool}
	for _, s := range suites {
		suite := junitSuite{Name: s.Name}
		for _, c := range s.Cases {
			suite.add(junitCaseOf(s.Name, c))
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitCaseOf(class string, c Case) junitCase {
	result := junitCase{Class: class, Name: c.Name, Output: printable(c.Output)}
	if len(c.Findings) == 0 && c.Skipped != "" {
		result.Skipped = &junitSkipped{printable(c.Skipped)}
	}
	if len(c.Findings) > 0 {
		result.Failure = junitFailureOf(c.Findings)
	}
	return result
}

// junitFailureOf combines all findings of a case into one failure: not all readers accept
// several.
func junitFailureOf(findings []Finding) *junitFailure {
	first := findings[0]
	failure := &junitFailure{Message: printable(first.Message), Type: first.ID}
	if n := len(findings) - 1; n > 0 {
		failure.Message += fmt.Sprintf(" (and %d more)", n)
	}
	for i, f := range findings {
		if i > 0 {
			failure.Text += "\n\n"
		}
		place := f.File
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d", f.File, f.Line)
		}
		if place != "" {
			failure.Text += place + ": "
		}
		failure.Text += f.text(true)
	}
	failure.Text = printable(failure.Text)
	return failure
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

// printable removes the control characters that XML 1.0 cannot represent.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Skipped *junitSkipped `xml:"skipped"`
	Failure *junitFailure `xml:"failure"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

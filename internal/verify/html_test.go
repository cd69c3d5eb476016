package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func htmlSample() *Result {
	size := &Size{Memory: Memory{Flash: 1000, RAM: 300},
		Stacks: map[string]Memory{stackTLS: {600, 100}, stackMicroPython: {400, 200}},
		Sources: map[string]Memory{"py/gc.c": {300, 200}, "lib/littlefs/lfs.c": {100, 0},
			"/m/micropython-wolfssl/wolfssl/src/tls.c":           {200, 50},
			"/m/micropython-wolfssl/wolfssl/wolfcrypt/src/aes.c": {400, 50}}}
	parts := []Part{
		{Stack: stackTLS, Source: "/m/micropython-wolfssl/wolfssl/src/tls.c",
			Memory: Memory{200, 50}, Symbols: []Symbol{{"TLSX_Parse", Memory{120, 0}}},
			Smaller: &Smaller{3, Memory{60, 50}}},
		{Stack: stackTLS, Source: "/m/micropython-wolfssl/wolfssl/wolfcrypt/src/aes.c",
			Memory: Memory{400, 50}},
		{Stack: stackMicroPython, Source: "py/gc.c", Memory: Memory{300, 200}, Symbols: []Symbol{
			{"gc_alloc", Memory{200, 0}}, {"gc_<free>", Memory{100, 0}},
			{"gc_heap", Memory{0, 200}}}},
		{Stack: stackMicroPython, Source: "lib/littlefs/lfs.c", Memory: Memory{100, 0}},
	}
	size.Measured = "linker's map"
	last := &Size{Memory: Memory{Flash: 900, RAM: 310}, Measured: "sizes of the objects",
		Stacks: map[string]Memory{}, Sources: map[string]Memory{}}
	r := &Result{Schema: SchemaVersion, Tool: "mpwolf", Version: "v1", Tree: "/t", OK: false,
		MicroPython: "v1.28.0",
		Findings:    []Finding{{Message: "not as recorded", File: "ports/unix/x.h", Line: 3}}}
	report := &Report{}
	for _, rule := range rules {
		c := Check{ID: rule.ID, OK: true, Applies: true, Summary: rule.ID + " are fine",
			Findings: []Finding{}}
		switch rule.ID {
		case SizeID:
			c.Evidence = map[string]any{"size": size, "last": last, partsEvidence: parts}
		case SymbolsID:
			c.OK = false
			c.Findings = []Finding{{Message: `<script>alert("x")</script> & twice`,
				File: `a"b<c>.c`, Fix: "rename <it>"}}
		case RunID:
			c.OK, c.Summary = false, "not made: QEMU is missing"
		}
		report.Checks = append(report.Checks, c)
	}
	r.Targets = []Target{{Target: "unix (standard)", Port: "unix", Variant: "standard",
		Report: report, Audit: auditSample}}
	return r
}

var auditSample = &Audit{Until: "2026-07-05", Version: "5.7.2", Advisories: []Advisory{
	{"CVE-1", "high", "a flaw", "affected", "<b> is defined", true},
	{"CVE-2", "low", "another", "not affected", "X is not defined", false},
}}

// TestHTML is that the page is well-formed, needs nothing else, escapes what it shows, and says in
// words what its colours and areas say.
func TestHTML(t *testing.T) {
	var out bytes.Buffer
	if err := htmlSample().HTML(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	decoder := xml.NewDecoder(strings.NewReader(text))
	counts, ids := make(map[string]int), make(map[string]int)
	var links []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, text)
		}
		start, is := token.(xml.StartElement)
		if !is {
			continue
		}
		counts[start.Name.Local]++
		for _, a := range start.Attr {
			here := a.Name.Local == "href" && strings.HasPrefix(a.Value, "#")
			if here {
				links = append(links, a.Value[1:])
			}
			if a.Name.Local == "id" {
				ids[a.Value]++
			}
			if name := a.Name.Local; name == "src" || name == "href" && !here ||
				strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s=%q>: the page needs something else", start.Name.Local, name,
					a.Value)
			}
		}
		if start.Name.Local == "svg" &&
			!strings.Contains(attribute(start, "aria-label"), "bytes") {
			t.Errorf("an image without a description: %+v", start)
		}
	}
	for _, name := range links {
		if ids[name] != 1 {
			t.Errorf("a link to %s, which is there %d times", name, ids[name])
		}
	}
	if len(links) != 10 {
		t.Errorf("%d links: three stacks and two sources, and back", len(links))
	}
	if counts["script"] != 0 || counts["link"] != 0 || counts["h1"] != 1 ||
		counts["details"] != len(rules)+6 || counts["svg"] != 7 {
		t.Errorf("elements %v", counts)
	}
	for _, want := range []string{"Failed", "FAIL", "not made", "not as recorded",
		"&lt;script&gt;", "rename &lt;it&gt;", "wolfSSL TLS", "<td class=\"n\">&#43;100</td>",
		"<td class=\"n\">-10</td>", "lib/littlefs/lfs.c: 100 bytes",
		"<td>wolfssl/wolfcrypt/src/aes.c</td><td class=\"n\">400</td>",
		"<summary>wolfssl/src/tls.c: 200 bytes</summary>", "TLSX_Parse: 120 bytes",
		"(3 smaller symbols): 60 bytes", "(without a name: constants, padding): 20 bytes",
		"gc_&lt;free&gt;: 100 bytes", "Back to MicroPython: 400 bytes</a>",
		"1 of 2</b> affect this firmware", "<td class=\"bad\">affected</td>",
		"&lt;b&gt; is defined",
		"known until 2026-07-05", "prefers-color-scheme",
		"@media print", "mpwolf verify --tree /t --port unix --variant standard"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(text, "url(") || strings.Contains(text, "@import") ||
		strings.Contains(text, "ZgotmplZ") {
		t.Error("the page needs another file, or the template refused a value")
	}
}

// TestHTMLWithoutAdvisories is that a version that no advisory is about, and an audit that could
// not be made, are both said in words.
func TestHTMLWithoutAdvisories(t *testing.T) {
	for want, audit := range map[string]*Audit{
		"No known advisory is about this version.":             {Version: "5.9.2"},
		"were not held against the firmware: no &lt;build&gt;": {Unmade: "no <build>"},
		"None of 1</b> affects this firmware. The advisories are known until May. It is newer.": {
			Until: "May", Note: "It is newer", Advisories: []Advisory{{ID: "CVE-1"}}},
	} {
		var out bytes.Buffer
		result := htmlSample()
		result.Targets[0].Audit = audit
		if err := result.HTML(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "of 0</b>") {
			t.Errorf("there is no %q", want)
		}
	}
}

// TestHTMLSchema is that docs/verify-schema.json describes what the page shows.
func TestHTMLSchema(t *testing.T) {
	text, err := json.Marshal(htmlSample().Targets[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := validateText(schema(t, "target"), string(text)); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestHTMLOfJSON is that a result that was read, as merge does, has the same page.
func TestHTMLOfJSON(t *testing.T) {
	text, err := json.Marshal(htmlSample())
	if err != nil {
		t.Fatal(err)
	}
	read := &Result{}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	var here, there bytes.Buffer
	if err := htmlSample().HTML(&here); err != nil {
		t.Fatal(err)
	}
	if err := read.HTML(&there); err != nil {
		t.Fatal(err)
	}
	// The evidence's keys are in another order.
	cut := func(text string) string {
		_, rest, _ := strings.Cut(text, "<h3>Size</h3>")
		return rest
	}
	if cut(here.String()) == "" || cut(here.String()) != cut(there.String()) {
		t.Errorf("got\n%s\nnot\n%s", there.String(), here.String())
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

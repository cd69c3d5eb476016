package tests_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// limboCase is a test case of C2SP's x509-limbo, as in its limbo.json.
type limboCase struct {
	ID                     string
	ValidationKind         string                        `json:"validation_kind"`
	TrustedCerts           []string                      `json:"trusted_certs"`
	UntrustedIntermediates []string                      `json:"untrusted_intermediates"`
	PeerCertificate        string                        `json:"peer_certificate"`
	PeerCertificateKey     string                        `json:"peer_certificate_key"`
	ValidationTime         *time.Time                    `json:"validation_time"`
	ExpectedResult         string                        `json:"expected_result"`
	ExpectedPeerName       *struct{ Kind, Value string } `json:"expected_peer_name"`
}

// TestX509Limbo presents the certificates of the limbo.json that MPWOLF_TEST_LIMBO names to the
// patched micropython that MPWOLF_TEST_FIRMWARE names. If an answer is not the expected one,
// docs/x509.md must say why.
func TestX509Limbo(t *testing.T) {
	file, firmware := os.Getenv("MPWOLF_TEST_LIMBO"), os.Getenv("MPWOLF_TEST_FIRMWARE")
	if file == "" || firmware == "" {
		t.Skip("MPWOLF_TEST_LIMBO names no limbo.json of x509-limbo, " +
			"or MPWOLF_TEST_FIRMWARE no patched micropython")
	}
	var limbo struct{ Testcases []*limboCase }
	if err := json.Unmarshal(readFile(t, file), &limbo); err != nil {
		t.Fatal(err)
	}
	l := newX509Lab(t) // for the own certificate
	own := l.cases[0].last().Own
	l.cases = nil
	for i, c := range limbo.Testcases {
		converted, err := l.limbo(t, i, c, own)
		if err != nil {
			t.Logf("%s: not tried: %v", c.ID, err)
			continue
		}
		l.cases = append(l.cases, converted)
	}
	all := []*x509Contender{x509Ours(firmware)}
	all[0].control = false
	if baseline := os.Getenv("MPWOLF_TEST_BASELINE"); baseline != "" {
		all = append(all, x509BuiltIn(baseline))
	}
	all = append(all, x509OpenSSL())
	for _, c := range all {
		l.hear(t, c, l.cases)
	}
	if file := os.Getenv("MPWOLF_X509_TABLE"); file != "" {
		if err := os.WriteFile(file, l.table(l.cases, all), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l.judgeLimbo(t, all[0])
}

// limbo turns it into one of our cases.
func (l *x509Lab) limbo(t *testing.T, i int, c *limboCase, own string) (*x509Case, error) {
	t.Helper()
	number := 0
	write := func(text, ending string) (string, []byte, error) {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return "", nil, fmt.Errorf("no PEM")
		}
		name := fmt.Sprintf("limbo%d-%d.%s", i, number, ending)
		number++
		der := block.Bytes
		if block.Type == "EC PRIVATE KEY" || block.Type == "RSA PRIVATE KEY" {
			key, err := parseKey(block)
			if err != nil {
				return "", nil, err
			}
			if der, err = x509.MarshalPKCS8PrivateKey(key); err != nil {
				return "", nil, err
			}
		}
		writeFile(t, l.dir, name, der)
		return name, der, nil
	}
	step := x509Step{Right: accept, Mode: certRequired, Own: own, Anchors: []string{}}
	if c.ExpectedResult == "FAILURE" {
		step.Right = refuse
	}
	for _, text := range c.TrustedCerts {
		name, _, err := write(text, "der")
		if err != nil {
			return nil, err
		}
		step.Anchors = append(step.Anchors, name)
	}
	var leaf []byte
	for i, text := range append([]string{c.PeerCertificate}, c.UntrustedIntermediates...) {
		name, der, err := write(text, "der")
		if err != nil {
			return nil, err
		}
		if i == 0 {
			leaf = der
		}
		step.Chain = append(step.Chain, name)
	}
	versions := []string{"1.2", "1.3"}
	if c.PeerCertificateKey != "" {
		var err error
		if step.Key, _, err = write(c.PeerCertificateKey, "key"); err != nil {
			return nil, err
		}
	} else {
		if _, err := x509.ParseCertificate(leaf); err != nil {
			return nil, fmt.Errorf("no key, and crypto/x509 can't read the certificate: %w", err)
		}
		step.WrongKey, versions = true, []string{"1.2"}
	}
	if c.ValidationTime != nil {
		at := c.ValidationTime.UTC().Format("2006-01-02 15:04:05")
		step.At = &at
	}
	side := strings.ToLower(c.ValidationKind)
	if side == "server" {
		if c.ExpectedPeerName == nil {
			return nil, fmt.Errorf("it has no name, and a client that verifies must")
		}
		step.Host = &c.ExpectedPeerName.Value
	}
	return &x509Case{
		Name: c.ID, Side: side, Versions: versions, Steps: []x509Step{step}, Why: "x509-limbo",
		None: accept,
	}, nil
}

func parseKey(block *pem.Block) (any, error) {
	if block.Type == "RSA PRIVATE KEY" {
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	return x509.ParseECPrivateKey(block.Bytes)
}

// wrongSignature are our errors for a peer that signed with another key than its certificate's,
// which comes after the certificate was accepted.
var wrongSignature = regexp.MustCompile(`^OSError\((-193|-330),`)

// judgeLimbo compares with what x509-limbo expects and with what the document explains.
func (l *x509Lab) judgeLimbo(t *testing.T, x *x509Contender) {
	t.Helper()
	explained := limboExplained(t)
	used := map[string]bool{}
	same := 0
	for _, run := range x.runs {
		answer := x.answers[run]
		got := answer.verdict()
		if run.Peer.WrongKey && wrongSignature.MatchString(answer.text) {
			got = accept
		}
		if got == run.c.right() || answer.stage == notAsked {
			same++
			continue
		}
		row := slices.IndexFunc(explained, func(r limboRow) bool {
			return r.ours == got && r.is(run.c.Name)
		})
		if row < 0 {
			peer, _ := l.peerError.Load(run.ID)
			t.Errorf("%s, %s: %s %s; x509-limbo expects %s (the peer: %v)", run.c.Name,
				run.Version, answer.stage, answer.text, run.c.right(), peer)
			continue
		}
		used[explained[row].id] = true
	}
	for _, r := range explained {
		known := slices.ContainsFunc(l.cases, func(c *x509Case) bool { return r.is(c.Name) })
		if known && !used[r.id] {
			t.Errorf("%s explains %s, where there is nothing to explain", x509Doc, r.id)
		}
	}
	t.Logf("%d of %d answers are as expected; %d of %d rows explain others", same, len(x.runs),
		len(used), len(explained))
}

// limboRow is a line of the document: cases by a pattern, and our answer, which is not
// x509-limbo's.
type limboRow struct{ id, ours string }

// is reports whether a case belongs to the row.
func (r limboRow) is(id string) bool {
	ok, err := path.Match(strings.ReplaceAll(r.id, "::", "/"), strings.ReplaceAll(id, "::", "/"))
	return ok && err == nil
}

func limboExplained(t *testing.T) []limboRow {
	t.Helper()
	_, table, found := strings.Cut(string(readFile(t, x509Doc)), "<!-- limbo: begin -->\n")
	table, _, ended := strings.Cut(table, "<!-- limbo: end -->")
	if !found || !ended {
		t.Fatalf("%s has no table for x509-limbo", x509Doc)
	}
	var rows []limboRow
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		rows = append(rows, limboRow{strings.Trim(cells[1], " `"), strings.TrimSpace(cells[2])})
	}
	return rows
}

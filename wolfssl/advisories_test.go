package wolfssl

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAdvisories holds the form of advisories.toml: adding an advisory is adding data, and this
// finds what was forgotten or misspelt.
func TestAdvisories(t *testing.T) {
	a, err := KnownAdvisories()
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	if _, err := time.Parse(time.DateOnly, a.Date); err != nil || !version.MatchString(a.Since) ||
		!version.MatchString(a.Until) || len(a.Sources) == 0 {
		t.Errorf("date %q, from %q to %q, %d sources", a.Date, a.Since, a.Until, len(a.Sources))
	}
	releases, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range releases.Releases {
		if !a.Covers(r.Version) {
			t.Errorf("advisories.toml does not cover %s, which is known to work", r.Version)
		}
	}
	if len(a.List) < 90 {
		t.Errorf("%d advisories only", len(a.List))
	}
	seen := make(map[string]bool)
	for _, problem := range a.problems(version, seen) {
		t.Error(problem)
	}
}

// problems are what is wrong with the form of advisories, a line each.
func (a *Advisories) problems(version *regexp.Regexp, seen map[string]bool) []string {
	id := regexp.MustCompile(`^(CVE-20[0-9]{2}-[0-9]{4,}|PR-[0-9]+)$`)
	identifier := regexp.MustCompile(`^[A-Za-z_]\w*$`)
	var problems []string
	for _, v := range a.List {
		wrong := func(what string) { problems = append(problems, v.ID+": "+what) }
		if !id.MatchString(v.ID) || seen[v.ID] {
			wrong("this id is malformed, or there twice")
		}
		seen[v.ID] = true
		if !slices.Contains(Severities, v.Severity) {
			wrong("unknown severity " + v.Severity)
		}
		if !version.MatchString(v.Fixed) || CompareVersions(v.Fixed, a.Since) <= 0 ||
			CompareVersions(v.Fixed, a.Until) > 0 {
			wrong("it is fixed in " + v.Fixed)
		}
		if v.From != "" && (!version.MatchString(v.From) ||
			CompareVersions(v.From, v.Fixed) >= 0) {
			wrong("it is in releases from " + v.From)
		}
		if len(v.Summary) < 20 || strings.HasSuffix(v.Summary, ".") || v.Source == "" {
			wrong("its summary or source is missing, or ends in a full stop")
		}
		for _, name := range slices.Concat(v.Macros, v.Any, v.Unless, v.Functions, v.Mitigation) {
			if !identifier.MatchString(name) {
				wrong(name + " is no name of C")
			}
		}
		files := slices.Clone(v.Files)
		for _, p := range v.Patches {
			files = append(files, p.File)
			if p.By == "" || len(p.Text) < 20 || strings.Contains(p.Text, "\n") {
				wrong("a patch needs by, and a text of one line that nothing else has")
			}
		}
		for _, file := range files {
			if dir := path.Dir(file); dir != "src" && dir != "wolfcrypt/src" &&
				!strings.HasPrefix(dir, "wolfcrypt/src/port/") {
				wrong(file + " is no source of wolfSSL")
			}
		}
		if (len(v.Mitigation) == 0) != (v.Needs == "") {
			wrong("mitigation and needs go together")
		}
		if len(v.Any) == 1 {
			wrong("any has one macro, which belongs to macros")
		}
	}
	return problems
}

// TestAdvisoryProblems is that the test above finds what it is for.
func TestAdvisoryProblems(t *testing.T) {
	const good = `
		since = "5.5.4"
		until = "5.9.2"
		[[advisory]]
		id = "CVE-2026-1234"
		severity = "low"
		fixed = "5.9.0"
		summary = "a server reads beyond a hello"
		source = "x"
		macros = ["HAVE_X"]
		files = ["src/tls.c"]
`
	version := regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`)
	for text, with := range map[string]string{
		good: "", good + "patch = []": "",
		strings.Replace(good, "-1234", "-12", 1):                    "malformed",
		strings.Replace(good, `"low"`, `"lwo"`, 1):                  "severity",
		strings.Replace(good, "5.9.0", "5.9.3", 1):                  "fixed in 5.9.3",
		strings.Replace(good, "5.9.0", "5.5.4", 1):                  "fixed in 5.5.4",
		good + `from = "5.9.0"`:                                     "releases from",
		strings.Replace(good, "a hello", "a hello.", 1):             "summary",
		strings.Replace(good, "HAVE_X", "HAVE X", 1):                "no name of C",
		strings.Replace(good, "src/tls.c", "tls.c", 1):              "no source",
		good + "mitigation = ['HAVE_Y']":                            "go together",
		good + "mitigation = ['HAVE Y']\nneeds = 'faults'":          "no name of C",
		good + "mitigation = ['HAVE_Y']\nneeds = 'faults'":          "",
		good + `any = ["HAVE_Y"]`:                                   "belongs to macros",
		good + "[[advisory.patch]]\nby = 'x'\nfile = 'src/tls.c'\n": "a patch needs",
	} {
		a, err := decodeAdvisories(text)
		if err != nil {
			t.Fatal(err)
		}
		problems := strings.Join(a.problems(version, make(map[string]bool)), "; ")
		if with == "" && problems != "" || !strings.Contains(problems, with) {
			t.Errorf("got %q; want %q", problems, with)
		}
	}
	for _, text := range []string{good + "patchs = []", good + "fixd = '1'"} {
		if _, err := decodeAdvisories(text); err == nil {
			t.Error("an unknown key was accepted")
		}
	}
}

func TestAdvisoriesOf(t *testing.T) {
	a := &Advisories{Since: "5.5.4", Until: "5.10.0", List: []Advisory{
		{ID: "a", Severity: "low", Fixed: "5.10.0"},
		{ID: "b", Severity: "critical", From: "5.8.4", Fixed: "5.9.2"},
		{ID: "c", Severity: "high", Fixed: "5.5.5"},
	}}
	for version, want := range map[string]string{
		"5.5.4": "ca", "5.5.5": "a", "5.8.2": "a", "5.8.4": "ba", "5.9.1": "ba", "5.9.2": "a",
		"5.10.0": "", "v5.9.1-stable": "ba", "5.11.0": "",
	} {
		got := ""
		for _, advisory := range a.Of(version) {
			got += advisory.ID
		}
		if got != want {
			t.Errorf("%s: got %q; want %q", version, got, want)
		}
	}
	a.List[1].Mitigation = []string{"HARDEN"}
	for version, want := range map[string]string{"5.8.4": "", "5.9.1": "", "5.9.2": "b",
		"5.11.0": "b"} {
		got := ""
		for _, advisory := range a.Optional(version) {
			got += advisory.ID
		}
		if got != want {
			t.Errorf("%s: a macro turns on the fixes of %q; want %q", version, got, want)
		}
	}
	for version, want := range map[string]bool{"5.5.3": false, "5.5.4": true, "5.9.2": true,
		"5.10.0": true, "5.10.1": false, "of unknown version": false} {
		if a.Covers(version) != want {
			t.Errorf("%s is covered: %v", version, !want)
		}
	}
}

// TestOptionalFixes is that no fix counts that wolfSSL leaves off.
func TestOptionalFixes(t *testing.T) {
	a, err := KnownAdvisories()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, v := range a.Optional("5.9.2") {
		got[v.ID] = strings.Join(v.Mitigation, " ")
	}
	// sha3.c, wc_mlkem.c, internal.c, rsa.c, ed25519.c, aes.c and settings.h of 5.9.2
	for id, want := range map[string]string{
		"CVE-2026-3503": "WC_SHA3_FAULT_HARDEN WC_MLKEM_FAULT_HARDEN WC_MLDSA_FAULT_HARDEN",
		"PR-8289":       "WOLFSSL_CHECK_VER_FAULTS",
		"CVE-2024-5288": "WOLFSSL_BLIND_PRIVATE_KEY",
		"CVE-2024-1545": "WOLFSSL_RSA_CHECK_D_ON_DECRYPT",
		"CVE-2024-2881": "WOLFSSL_EDDSA_CHECK_PRIV_ON_SIGN",
		"CVE-2024-1543": "WC_AES_BITSLICED",
		"PR-6309":       "WOLFSSL_AES_TOUCH_LINES",
		"CVE-2025-7396": "WOLFSSL_CURVE25519_BLINDING",
	} {
		if got[id] != want {
			t.Errorf("%s is fixed with %q; want %q", id, got[id], want)
		}
	}
}

// TestAdvisoryConditions is that what once ruled out a firmware wrongly rules out none.
func TestAdvisoryConditions(t *testing.T) {
	a, err := KnownAdvisories()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, v := range a.List {
		switch v.ID {
		case "CVE-2024-5991":
			found++
			// 5.5.4 has wolfSSL_X509_check_host() in src/x509.c unless NO_CERTS or NO_ASN is
			// defined.
			if len(v.Macros)+len(v.Any) > 0 {
				t.Errorf("%s needs %q, %q", v.ID, v.Macros, v.Any)
			}
		case "CVE-2026-3229":
			found++
			for _, name := range []string{"OPENSSL_EXTRA", "WOLFSSL_MYSQL_COMPATIBLE",
				"HAVE_POCO_LIB"} {
				if !slices.Contains(v.Any, name) {
					t.Errorf("%s does not know %s", v.ID, name)
				}
			}
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 advisories are there", found)
	}
}

package tests_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// x509FuzzSeconds is how long TestFuzzX509 runs, unless MPWOLF_FUZZ_SECONDS says otherwise.
const x509FuzzSeconds = "15"

// TestFuzzX509 makes libFuzzer change the certificates and names of tests/x509, and checks what
// testdata/fuzz_x509 asserts about wolf_x509.c, under AddressSanitizer and
// UndefinedBehaviorSanitizer.
func TestFuzzX509(t *testing.T) {
	longOnly(t, "needs clang")
	t.Parallel()
	fuzz(t, "fuzz_x509", 500, func(seeds string) int {
		return writeSeeds(t, newX509Lab(t), seeds)
	}, "wolf_x509.c")
}

// TestFuzzOCSP does the same with the responses of ocsp_test.go and testdata/fuzz_ocsp.
func TestFuzzOCSP(t *testing.T) {
	longOnly(t, "needs clang")
	t.Parallel()
	fuzz(t, "fuzz_ocsp", 30, func(seeds string) int {
		n := 0
		for _, c := range newOCSPLab(t).cases() {
			writeFile(t, seeds, fmt.Sprint(n), c.response)
			n++
		}
		return n
	}, "wolf_ocsp.c", "wolf_x509.c")
}

// fuzz runs a target of testdata on sources of the modules, with at least so many inputs to begin
// with.
func fuzz(
	t *testing.T, name string, least int, writeSeeds func(dir string) int, sources ...string,
) {
	t.Helper()
	dir := t.TempDir()
	target := filepath.Join(dir, name)
	modules := filepath.Join("..", "modules", "micropython-wolfssl")
	args := []string{"-g", "-O1", "-std=c99", "-Wall", "-Wextra", "-Werror",
		"-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all", "-I" + modules,
		filepath.Join("testdata", name, name+".c"), "-o", target}
	for _, source := range sources {
		args = append(args, filepath.Join(modules, source))
	}
	out, err := exec.Command("clang", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	seeds := filepath.Join(dir, "seeds")
	if err := os.Mkdir(seeds, 0o755); err != nil {
		t.Fatal(err)
	}
	n := writeSeeds(seeds)
	if n < least {
		t.Fatalf("%d seeds are too few", n)
	}
	seconds := cmp.Or(os.Getenv("MPWOLF_FUZZ_SECONDS"), x509FuzzSeconds)
	cmd := exec.Command(target, "-max_total_time="+seconds, "-max_len=8192", "-timeout=10",
		"-artifact_prefix="+dir+"/", "-print_final_stats=1", seeds)
	out, err = cmd.CombinedOutput()
	if err != nil {
		found, _ := filepath.Glob(filepath.Join(dir, "crash-*"))
		for _, file := range found {
			t.Logf("the input, as Go writes it: %q", readFile(t, file))
		}
		t.Fatalf("%v\n%s", err, tail(string(out)))
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "number_of_executed_units") {
			t.Logf("%d seeds, %s s: %s", n, seconds, strings.TrimSpace(line))
		}
	}
}

// writeSeeds writes an input for each link of each chain: a host name, a certificate and the next.
func writeSeeds(t *testing.T, l *x509Lab, dir string) int {
	t.Helper()
	n := 0
	for _, c := range l.cases {
		step := c.last()
		host := "www.example.com"
		if step.Host != nil {
			host = *step.Host
		}
		if len(host) > 255 {
			continue
		}
		chain := append(append([]string{}, step.Chain...), step.Anchors...)
		for i, name := range chain {
			cert := readFile(t, filepath.Join(l.dir, name))
			if len(cert) > 4000 {
				continue
			}
			var issuer []byte
			if i+1 < len(chain) {
				issuer = readFile(t, filepath.Join(l.dir, chain[i+1]))
			}
			var b bytes.Buffer
			b.WriteByte(byte(len(host)))
			b.WriteString(host)
			b.Write(binary.BigEndian.AppendUint16(nil, uint16(len(cert))))
			b.Write(cert)
			b.Write(issuer)
			seed := filepath.Join(dir, fmt.Sprint(n))
			if err := os.WriteFile(seed, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	return n
}

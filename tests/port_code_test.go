package tests_test

import (
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// portCode are the ports' wolfssl_port.c that testdata/port_code runs, each with the headers of
// its hardware.
var portCode = []struct {
	name, header string
	sources      []string
}{
	{"mimxrt", "mimxrt.h", nil},
	{"mimxrt, silent", "mimxrt.h", []string{"-DSILENT"}},
	{"mimxrt, RT1170", "mimxrt1170.h", []string{"hal_random.c"}},
	{"mimxrt, RT1170 before v1.28", "mimxrt1170.h", nil},
	{"alif", "alif.h", nil},
	{"esp32", "esp32.h", nil},
	{"renesas-ra", "renesas_ra.h", nil},
	{"renesas-ra, silent", "renesas_ra.h", []string{"-DSILENT"}},
}

// brokenGenerators are what a generator may do that gives nothing random.
var brokenGenerators = []string{
	"nothing", "zeros", "ones", "bytes", "first word", "all but the last word", "same word",
	"repeats", "alternates", "one word of the block before", "stops",
}

// TestPortRandom checks that a generator that fails becomes an error, never a key that can be
// guessed.
func TestPortRandom(t *testing.T) {
	longOnly(t, "needs gcc")
	t.Parallel()
	for _, port := range portCode {
		t.Run(port.name, func(t *testing.T) {
			t.Parallel()
			program := buildPortCode(t, port.header, port.sources...)
			good := []string{"works", "hiccup"} // after a single failure it is read again
			for _, mode := range slices.Concat(good, brokenGenerators) {
				want := "refused"
				if slices.Contains(good, mode) {
					want = "seeded"
				}
				if got := runPortCode(t, program, "random", mode); got != want {
					t.Errorf("a generator that does %q: %s; want %s", mode, got, want)
				}
			}
		})
	}
}

// rp2Samples are what the source of an RP2040's or RP2350's samples may do, and what becomes of
// three seeds: of 48 bytes, which is two blocks, of 1 byte and of 100. A first seed takes 32,768
// samples, each block 4,096 more.
var rp2Samples = []struct {
	mode string
	want []string
}{
	{"works", []string{"135168", "4096", "16384"}},
	{"60 of 100 ones", []string{"135168", "4096", "16384"}},
	{"changes one time in 10", []string{"135168", "4096", "16384"}},
	{"zeros", []string{"refused", "refused", "refused"}},
	{"ones", []string{"refused", "refused", "refused"}},
	{"97 of 100 ones", []string{"refused", "refused", "refused"}},
	{"stops", []string{"refused", "refused", "refused"}},
	{"off", []string{"refused", "refused", "refused"}},
	// From the second block of the first seed on.
	{"ones later", []string{"refused", "refused", "refused"}},
	{"off later", []string{"refused", "refused", "refused"}},
	{"the hash fails", []string{"not hashed", "not hashed", "not hashed"}},
	// The cut-offs, and the whole of a first seed after a failed test.
	{"160 in a row", []string{"135168", "4096", "16384"}},
	{"161 in a row", []string{"refused", "131072", "16384"}},
	{"978 of a window", []string{"135168", "4096", "16384"}},
	{"979 of a window", []string{"refused", "131072", "16384"}},
	{"979 of another window", []string{"135168", "4096", "16384"}},
}

// TestPortRandomRP2 checks that a source of samples that fails becomes an error, at whatever time
// it does, and that each sample of one that works is used.
func TestPortRandomRP2(t *testing.T) {
	longOnly(t, "needs gcc")
	t.Parallel()
	for _, rp2040 := range []bool{true, false} {
		flag, perRead := "-DPICO_RP2040=1", 32
		if !rp2040 {
			flag, perRead = "-DPICO_RP2040=0", 192
		}
		program := buildPortCodeOf(t, "rp2.c", flag)
		if got, want := runPortCode(t, program, "hash", "abc"),
			fmt.Sprintf("%x", sha256.Sum256([]byte("abc"))); got != want {
			t.Fatalf("the test's SHA-256 is wrong: %s", got)
		}
		for _, test := range rp2Samples {
			var got []string
			for line := range strings.Lines(runPortCode(t, program, "random", test.mode)) {
				text, isSeed := strings.CutPrefix(strings.TrimSpace(line), "seeded from ")
				if isSeed {
					text, _, _ = strings.Cut(text, " ")
				}
				got = append(got, text)
			}
			if !slices.EqualFunc(got, test.want, func(got, want string) bool {
				n, err := strconv.Atoi(want)
				m, _ := strconv.Atoi(got)
				// An RP2350 gives 192 samples at a time.
				return err != nil && got == want || err == nil && m >= n && m < n+5*perRead
			}) {
				t.Errorf("%s, samples: %q: %q; want %q", flag, test.mode, got, test.want)
			}
		}
		seeds := map[string]string{}
		for _, mode := range []string{"works", "first sample", "last sample", "SDK's number"} {
			first, _, _ := strings.Cut(runPortCode(t, program, "random", mode), "\n")
			if other := seeds[first]; other != "" {
				t.Errorf("%s: %q gives the same seed as %q: %s", flag, mode, other, first)
			}
			seeds[first] = mode
		}
	}
	got := runPortCode(t, buildPortCodeOf(t, "rp2.c", "-DPICO_RP2040=1"), "random",
		"the processor's clock")
	if want := "refused\nrefused\nrefused"; got != want {
		t.Errorf("the oscillator that the processor runs from: %q; want %q", got, want)
	}
}

// TestHealthCutoffs derives the cut-offs of ports/rp2 from what its comment says.
func TestHealthCutoffs(t *testing.T) {
	t.Parallel()
	const entropy, window, alpha = 1.0 / 8, 1024, 1.0 / (1 << 20)
	p := math.Pow(2, -entropy)
	// The probability of more than k of the window's samples.
	k, more := window, 0.0
	for k >= 0 {
		lg := func(n int) float64 { v, _ := math.Lgamma(float64(n) + 1); return v }
		is := math.Exp(lg(window) - lg(k) - lg(window-k) + float64(k)*math.Log(p) +
			float64(window-k)*math.Log1p(-p))
		if more+is > alpha {
			break
		}
		more += is
		k--
	}
	source, err := os.ReadFile(filepath.Join("..", "ports", "rp2", "wolfssl_port.c"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		fmt.Sprintf("#define REPETITION_CUTOFF (%d)\n", 1+int(math.Ceil(20/entropy))),
		fmt.Sprintf("#define PROPORTION_CUTOFF (%d)\n", 1+k),
		fmt.Sprintf("#define PROPORTION_WINDOW (%d)\n", window),
	} {
		if !strings.Contains(string(source), want) {
			t.Errorf("ports/rp2/wolfssl_port.c has not %q", want)
		}
	}
}

// TestPortTimeRP2 checks that the date at which the port starts its clock counts as not set.
func TestPortTimeRP2(t *testing.T) {
	longOnly(t, "needs gcc")
	t.Parallel()
	program := buildPortCodeOf(t, "rp2.c", "-DPICO_RP2040=1", "-DMICROPY_EPOCH_IS_1970=1")
	for ns, want := range map[string]string{
		"0":                   "0",
		"1609459200000000000": "0", // 2021, where the port starts
		"1640995200000000000": "0", // and a year later
		"1735689599999999999": "0",
		"1735689600000000000": "1735689600", // 2025
		"1795782896123456789": "1795782896", // 2026
	} {
		if got := runPortCode(t, program, "time", ns); got != want {
			t.Errorf("%s ns are %s s; want %s", ns, got, want)
		}
	}
}

// TestPortTime checks the time that wolfSSL gets, for both epochs.
func TestPortTime(t *testing.T) {
	longOnly(t, "needs gcc")
	t.Parallel()
	for _, epoch := range []struct {
		flag  string
		times map[string]string // nanoseconds of the port, seconds of wolfSSL
	}{
		{"-DMICROPY_EPOCH_IS_1970=1", map[string]string{
			"1795782896123456789": "1795782896", // 2026
			"1577836800000000000": "1577836800", // 2020
			"1577836799999999999": "0",
			"1381708800000000000": "0", // 2013, where mimxrt starts
			"0":                   "0",
			"4102444800000000000": "4102444800", // 2100
		}},
		{"-DMICROPY_EPOCH_IS_1970=0", map[string]string{
			"849098096123456789":  "1795782896",
			"631152000000000000":  "1577836800",
			"631151999999999999":  "0",
			"599616000000000000":  "0", // 2019, where renesas-ra starts
			"0":                   "0",
			"-946684800000000000": "0", // 1970
			"-946684801000000000": "0", // 1969
			"3155760000000000000": "4102444800",
		}},
	} {
		program := buildPortCode(t, "mimxrt.h", epoch.flag)
		for ns, want := range epoch.times {
			if got := runPortCode(t, program, "time", ns); got != want {
				t.Errorf("%s: %s ns are %s s; want %s", epoch.flag, ns, got, want)
			}
		}
	}
}

func buildPortCode(t *testing.T, header string, more ...string) string {
	t.Helper()
	return buildPortCodeOf(t, "port_code.c",
		slices.Concat([]string{`-DPORT_H="` + header + `"`}, more)...)
}

func buildPortCodeOf(t *testing.T, source string, more ...string) string {
	t.Helper()
	dir := filepath.Join("testdata", "port_code")
	program := filepath.Join(t.TempDir(), "port_code")
	args := []string{
		"-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-fsanitize=undefined",
		"-fno-sanitize-recover=all", "-I" + filepath.Join(dir, "include"), "-I" + dir,
		"-o", program, filepath.Join(dir, source),
	}
	for _, arg := range more { // sources and options
		if filepath.Ext(arg) == ".c" {
			arg = filepath.Join(dir, arg)
		}
		args = append(args, arg)
	}
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return program
}

func runPortCode(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%q: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

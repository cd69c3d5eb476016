package tests_test

import (
	"os/exec"
	"path/filepath"
	"slices"
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
	dir := filepath.Join("testdata", "port_code")
	program := filepath.Join(t.TempDir(), "port_code")
	args := slices.Concat([]string{
		"-std=c99", "-Wall", "-Wextra", "-Werror", "-O2", "-fsanitize=undefined",
		"-fno-sanitize-recover=all", "-I" + filepath.Join(dir, "include"), "-I" + dir,
		`-DPORT_H="` + header + `"`,
		"-o", program, filepath.Join(dir, "port_code.c"),
	})
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

package modules

import (
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestAPI compares the names of releases with what MicroPython's documentation says about them:
// tls and the ssl of micropython-lib came with 1.23, ssl.SSLContext with 1.21.
func TestAPI(t *testing.T) {
	with := make(map[int][]string)
	for minor := 19; minor <= 29; minor++ {
		with[minor] = API(minor)
	}
	for _, test := range []struct {
		name     string
		from, to int // the releases that have it; to is the last, 0 for no end
	}{
		{"tls.SSLContext", 23, 0},
		{"tls.PROTOCOL_TLS_CLIENT", 23, 0},
		{"ssl.SSLContext", 21, 0},
		{"ssl.PROTOCOL_TLS_CLIENT", 21, 0},
		{"ssl.PROTOCOL_DTLS_CLIENT", 25, 0},
		{"ssl.CERT_REQUIRED", 20, 0},
		{"ssl.MBEDTLS_VERSION", 22, 0},
		{"ssl.wrap_socket", 19, 0},
		{"ssl.SSLContext.wrap_socket", 21, 0},
		{"tls.SSLContext.wrap_socket", 23, 0},
		{"hashlib.new", 19, 0},
		{"hmac.digest", 21, 0},
		{"cryptolib.aes", 19, 0},
	} {
		for minor := 19; minor <= 29; minor++ {
			want := minor >= test.from && (test.to == 0 || minor <= test.to)
			if got := slices.Contains(with[minor], test.name); got != want {
				t.Errorf("%s with 1.%d: got %t", test.name, minor, got)
			}
		}
	}
}

// TestConditions is that a branch is left out only if the release decides it.
func TestConditions(t *testing.T) {
	const table = "static const mp_rom_map_elem_t wolf_drop_in_tls_globals_table[] = {\n"
	for _, test := range []struct {
		text string
		want []string
	}{
		{"#if WOLF_MP_AT_LEAST(21)\n A\n#else\n B\n#endif\n", []string{"A"}},
		{"#if !WOLF_MP_AT_LEAST(21)\n A\n#else\n B\n#endif\n", []string{"B"}},
		{"#if WOLF_MP_AT_LEAST(26)\n A\n#elif WOLF_MP_AT_LEAST(21)\n B\n#else\n C\n#endif\n",
			[]string{"B"}},
		{"#ifdef X\n A\n#else\n B\n#endif\n", []string{"A", "B"}},
		{"#if X && WOLF_MP_AT_LEAST(21)\n A\n#else\n B\n#endif\n", []string{"A", "B"}},
		{"#if X && WOLF_MP_AT_LEAST(26) // why\n A\n#else\n B\n#endif\n", []string{"B"}},
		{"#if X || WOLF_MP_AT_LEAST(26)\n A\n#endif\n", []string{"A"}},
		{"#if WOLF_MP_AT_LEAST(26)\n#if X\n A\n#endif\n#endif\n C\n", []string{"C"}},
	} {
		text := table
		for line := range strings.Lines(test.text) {
			if name := strings.TrimSpace(line); len(name) == 1 {
				line = "    { MP_ROM_QSTR(MP_QSTR_" + name + "), 0 },\n"
			}
			text += line
		}
		var got []string
		for _, name := range namesIn(text+"};\n", 24) {
			got = append(got, name[len("tls."):])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

// TestBehaviours is that every release at which the C sources of the modules change has a text.
func TestBehaviours(t *testing.T) {
	at := regexp.MustCompile(`WOLF_MP_AT_LEAST\((\d+)\)`)
	known := map[string]bool{}
	for _, b := range Behaviours() {
		known[strconv.Itoa(b.Minor)] = true
	}
	used := map[string]bool{}
	text, err := fs.ReadFile(Own().FS, "modwolfssl.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range at.FindAllStringSubmatch(string(text), -1) {
		used[m[1]] = true
	}
	for minor := range used {
		if !known[minor] {
			t.Errorf("modwolfssl.c changes with 1.%s; Behaviours has no text about it", minor)
		}
	}
	for minor := range known {
		if !used[minor] {
			t.Errorf("Behaviours has 1.%s, and modwolfssl.c does not change with it", minor)
		}
	}
}

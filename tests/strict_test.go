package tests_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestStrict asks check --strict about dangerous settings that only make and the compiler know.
func TestStrict(t *testing.T) {
	r := newReal(t)
	t.Parallel()
	writeFile(t, r.dir, "good.h", []byte(include))
	writeFile(t, r.dir, "macros.h", []byte("#define IGNORE_NAME_CONSTRAINTS\n"))
	settings := filepath.Join(r.dir, "own.h")

	usual := string(readFile(t, filepath.Join(r.tree, "ports", "unix", variantFile)))
	r.patch("--user-settings", filepath.Join(r.dir, "good.h"))
	r.run("check", "--strict")
	const asn = "$(BUILD)/micropython-wolfssl/wolfssl/wolfcrypt/src/asn.o"
	for _, c := range []struct {
		name, makefile, settings string
		env                      []string
		want                     []string
	}{
		{name: "flags that a file has", makefile: "CFLAGS += $(file <flags.txt)\n",
			want: []string{"NO_ASN_TIME_CHECK is defined: certificates that have expired",
				"make passes -DNO_ASN_TIME_CHECK"}},
		{name: "one object", makefile: asn + ": CFLAGS += -DNO_ASN_TIME_CHECK\n",
			want: []string{"NO_ASN_TIME_CHECK is defined", "such as wolfcrypt/src/asn.c"}},
		{name: "a makefile that a command finds", makefile: "include $(shell ls more.mk)\n",
			want: []string{"NO_VERIFY_OID is defined"}},
		{name: "macros of a header", env: []string{"CFLAGS_EXTRA=-imacros " +
			filepath.Join(r.dir, "macros.h")},
			want: []string{"macros.h:1: ", "IGNORE_NAME_CONSTRAINTS is defined"}},
		{name: "the user's own settings", settings: "#define NO_ASN_TIME_CHECK\n" +
			"#define HAVE_ANON\n#undef HAVE_ANON\n",
			want: []string{"own.h:2: ", "NO_ASN_TIME_CHECK is defined"}},
		{name: "settings that undo it",
			settings: "#define HAVE_ANON\n#undef HAVE_ANON\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.settings != "" {
				writeFile(t, r.dir, "own.h", []byte(include+c.settings))
				r.patch("--user-settings", settings)
				defer r.patch("--user-settings", filepath.Join(r.dir, "good.h"))
			}
			port := filepath.Join(r.tree, "ports", "unix")
			for name, text := range map[string]string{"flags.txt": "-DNO_ASN_TIME_CHECK",
				"more.mk": "CFLAGS += -DNO_VERIFY_OID\n", variantFile: usual + c.makefile} {
				writeFile(t, port, name, []byte(text))
				if name != variantFile {
					defer os.Remove(filepath.Join(port, name))
				}
			}
			defer writeFile(t, port, variantFile, []byte(usual))
			cmd := r.command("check", "--strict")
			cmd.Env = append(cmd.Environ(), c.env...)
			out, err := cmd.CombinedOutput()
			if exit, failed := err.(*exec.ExitError); len(c.want) == 0 {
				if err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			} else if !failed || exit.ExitCode() != 1 {
				t.Errorf("%v\n%s", err, out)
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

const (
	include     = "#include \"ports/unix/user_settings.h\"\n"
	variantFile = "variants/standard/mpconfigvariant.mk"
)

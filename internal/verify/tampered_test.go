package verify

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpwolf/internal/objects/objectstest"
)

// put writes a file and gives it an old time, as "cp -p" and "tar" do.
func put(t *testing.T, name, text string) {
	t.Helper()
	writeFiles(t, "/", map[string]string{name: text})
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(name, then, then); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
}

// TestRestoredSource checks that an object is compiled again when its source becomes an older one:
// the settings of the source are then those of the object.
func TestRestoredSource(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped with -short: needs a C compiler")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	source := random + "#include <time.h>\nint dates;\n#ifndef NO_ASN_TIME_CHECK\n" +
		"int checked_dates;\n#endif\nint wc_ValidateDate(void) { return time(0) > 0; }\n"
	writeFiles(t, dir, changed(withASN(source, "")))
	o := fakeOptions(t, dir)
	file := filepath.Join(dir, "modules/wolf/wolfssl/wolfcrypt/src/asn.c")
	object := filepath.Join(dir, "build/wolf/wolfssl/wolfcrypt/src/asn.o")
	checked := func() bool {
		text, err := os.ReadFile(object)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(text, []byte("checked_dates"))
	}
	put(t, file, source)
	runExpect(t, o, true)
	if err := os.WriteFile(file, []byte("#define NO_ASN_TIME_CHECK\n"+source), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := seen(settingsOf(runExpect(t, o, false))); !strings.Contains(got,
		"NO_ASN_TIME_CHECK is defined") {
		t.Errorf("settings: %s", got)
	}
	put(t, file, source)
	o.NoBuild = true
	if got := seen(runExpect(t, o, false).Checks[1]); !strings.Contains(got,
		"1 source changed after the firmware was built: "+file) {
		t.Errorf("--no-build: %s", got)
	}
	o.NoBuild = false
	runExpect(t, o, true)
	if !checked() {
		t.Error("the object is that of the other source")
	}
	// compiled by hand, with another setting
	objectstest.Command(t, filepath.Join(dir, "tree/ports/unix"), "gcc",
		"-I../../../modules/wolf/unix", "-I../../../modules/wolf/wolfssl",
		"-DWOLFSSL_USER_SETTINGS", "-DNO_ASN_TIME_CHECK", "-c", "-o", object, file)
	o.NoBuild = true
	if got := seen(runExpect(t, o, false).Checks[1]); !strings.Contains(got,
		"1 file not what mpwolf verify built: wolf/wolfssl/wolfcrypt/src/asn.o") {
		t.Errorf("--no-build: %s", got)
	}
	o.NoBuild = false
	runExpect(t, o, true)
	if !checked() {
		t.Error("the object is the one that was compiled by hand")
	}
}

func settingsOf(r *Report) Check {
	for _, c := range r.Checks {
		if c.ID == SettingsID {
			return c
		}
	}
	return Check{}
}

package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// stampFile is the file in a build directory that holds the hash of what it was built with.
const stampFile = "mpwolf-flags"

// emptyIfStale removes what an earlier build with other flags, sources or libraries left in the
// directory. MicroPython's make looks at the times of sources only: it keeps objects that were
// compiled with other CFLAGS, does not link again when an object is no longer wanted, and keeps
// the collected names of sources that are gone. A directory that holds no stamp was not made by
// Build and is left as it is.
func (m Make) emptyIfStale(flags *Flags) (bool, error) {
	want := m.stamp(flags)
	file := filepath.Join(m.Dir, stampFile)
	have, err := os.ReadFile(file)
	if err == nil && bytes.Equal(have, want) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	stale := err == nil
	if stale {
		if err := m.empty(); err != nil {
			return false, fmt.Errorf("build %s: empty the build directory: %w",
				m.Target.Name(), err)
		}
	}
	if err := os.WriteFile(file, want, 0o666); err != nil {
		return false, fmt.Errorf("build %s: %w", m.Target.Name(), err)
	}
	return stale, nil
}

// empty keeps mpy-cross, which the firmware's flags do not concern. The stamp goes last: a
// directory that is half empty is still one to be emptied.
func (m Make) empty() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch entry.Name() {
		case mpyCross, stampFile:
			continue
		}
		if err := os.RemoveAll(filepath.Join(m.Dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// stampVars are the make variables that decide what is built and that make's rules do not see
// change.
var stampVars = []string{"CC", "CFLAGS", "CXXFLAGS", "AFLAGS", "LD", "LDFLAGS", "LDFLAGS_MOD",
	"LIB", "LIBS", "OBJ",
	"SRC_QSTR", "FROZEN_MANIFEST", "QSTR_DEFS"}

func (m Make) stamp(flags *Flags) []byte {
	hash := sha256.New()
	for _, name := range stampVars {
		fmt.Fprintf(hash, "%s=%q\n", name, flags.Vars[name])
	}
	return []byte(m.Target.Tree.Dir + "\n" + m.Target.Name() + "\n" +
		hex.EncodeToString(hash.Sum(nil)) + "\n")
}

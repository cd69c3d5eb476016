package build

import (
	"bytes"
	"os"
	"path/filepath"

	"mpwolf/internal/micropython"
)

// OutsideError says that a target is built by something else than make and CMake, so that neither
// can be asked, and mpwolf cannot build it.
type OutsideError struct {
	Target string
	// Missing is set if the environment does not name the ESP-IDF.
	Missing bool
}

func (e *OutsideError) Error() string {
	text := e.Target + " is built by idf.py of Espressif's ESP-IDF, which mpwolf does not run"
	if e.Missing {
		text += " (and IDF_PATH, which its export.sh sets, is not set here)"
	}
	return text
}

// Hint is what the user can do.
func (e *OutsideError) Hint() string {
	return "docs/esp32.md has the commands for a build by hand"
}

// Outside is an *OutsideError for such a target; else nil.
func Outside(t micropython.Target) error {
	text, err := os.ReadFile(filepath.Join(t.Dir(), "Makefile"))
	if err != nil || !t.CMake() || !bytes.Contains(text, []byte("idf.py ")) {
		return nil // make says what is wrong with a Makefile that cannot be read
	}
	return &OutsideError{Target: t.Name(), Missing: os.Getenv("IDF_PATH") == ""}
}

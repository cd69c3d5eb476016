package change

import (
	"testing"

	"mpwolf/patches"
	"mpwolf/wolfssl"
)

// TestProcessors checks that what the ports' files call a processor is one that wolfSSL is trimmed
// for: with another name, code that is needed would be left out.
func TestProcessors(t *testing.T) {
	for _, name := range patches.Ports() {
		port, err := patches.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if p := port.Build.Processor; p != "" && p != wolfssl.CortexM {
			t.Errorf("%s: unknown processor %q", name, p)
		}
	}
}

package patches

import "testing"

// TestWithout checks that a port that is patched has no reason not to be.
func TestWithout(t *testing.T) {
	reasons, err := Without()
	if err != nil || len(reasons) == 0 {
		t.Fatal(reasons, err)
	}
	for _, port := range Ports() {
		if reasons[port] != "" {
			t.Errorf("%s is patched, and has a reason not to be: %s", port, reasons[port])
		}
	}
}

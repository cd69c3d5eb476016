package config

import "testing"

func TestParseSize(t *testing.T) {
	sizes := map[string]uint64{
		"1": 1, "524288": 524288, "0x80000": 524288, "512K": 524288, "512k": 524288,
		"512KiB": 524288, "512 Ki": 524288,
		"1M": 1 << 20, "2MiB": 2 << 20, "512kB": 512000, "1MB": 1000000, "7B": 7,
	}
	for text, want := range sizes {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "K", "512KB", "512G", "-1", "1.5M", "512KK",
		"99999999999", "M1"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

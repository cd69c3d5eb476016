package config

import "testing"

func TestParseSize(t *testing.T) {
	sizes := map[string]uint64{
		"1": 1, "524288": 524288, "0x80000": 524288, "512K": 524288, "512k": 524288,
		"512KiB": 524288, "512 Ki": 524288,
		"1M": 1 << 20, "2MiB": 2 << 20, "512kB": 512000, "1MB": 1000000, "7B": 7,
		"0010": 10, "08": 8, "010K": 10240, "0x1B": 27, "0X0c": 12, "4294967296": 1 << 32,
		"999999999999MiB": 999999999999 << 20,
	}
	for text, want := range sizes {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "K", "512KB", "512G", "-1", "1.5M", "512KK",
		"9999999999999", "M1", "0b11", "0o17K", "0o17", "1_000", "0x1_0", "5 kB  ", " 5", "0x",
		"0x0", "00", "0K", "0x10K", "0xfffffffffff", "1\n", "٣"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}

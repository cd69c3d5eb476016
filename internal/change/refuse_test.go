package change

import "testing"

func TestCheckSettings(t *testing.T) {
	if err := checkSettings([]string{"unix"}); err != nil {
		t.Error(err)
	}
	const message = `mpwolf has no wolfSSL settings (user_settings.h) for port "minimal" yet; ` +
		`it has them for: `
	if err := checkSettings([]string{"minimal"}); err == nil ||
		err.Error()[:len(message)] != message {
		t.Errorf("got %v; want %s…", err, message)
	}
}

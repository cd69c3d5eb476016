package tests_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// reasons makes handshakes with OpenSSL fail: the error must say why, and what was agreed on.
func (r *real) reasons(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, key := ca.issue(t, "server", "localhost", time.Now().Add(time.Hour))
	old := isOld(t, r.firmware())
	other := newAuthority(t, dir, "other")
	good := []string{"-cert", cert, "-key", key}
	const peer, nothing = "alert from the peer: ", " (nothing agreed on; ours is "
	for _, test := range []struct {
		name string
		peer []string // OpenSSL's arguments
		ours []string // the firmware's
		want string   // how the text of the error begins
	}{
		{"versions", []string{"-tls1_2"}, []string{"min=1.3"},
			peer + "protocol_version" + nothing + "TLSv1.3)"},
		{"groups", []string{"-tls1_3", "-groups", "ffdhe2048"}, []string{"min=1.3"},
			peer + "handshake_failure" + nothing + "TLSv1.3)"},
		{"cipher suites", []string{"-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"},
			[]string{"ciphers=TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
			peer + "handshake_failure" + nothing + "TLSv1.2)"},
		{"ALPN", []string{"-alpn", "x"}, []string{"alpn=mqtt"},
			peer + "no_application_protocol" + nothing},
		{"no certificate", []string{"-Verify", "1", "-verify_return_error"}, []string{"min=1.3"},
			peer + "certificate_required (agreed on TLSv1.3, TLS_"},
		{"pre-shared keys", []string{"-tls1_2", "-psk", "112233", "-psk_identity", "sensor"},
			[]string{"psk=xyz"},
			peer + "bad_record_mac, the pre-shared keys may differ (agreed on TLSv1.2, TLS_"},
	} {
		t.Run("client, "+test.name, func(t *testing.T) {
			port := startServer(t, append(good, test.peer...)...)
			saysWhy(t, r.python(t, "tls_client.py", append([]string{"127.0.0.1",
				strconv.Itoa(port), ca.file, "localhost"}, test.ours...)...), test.want)
		})
	}
	for _, test := range []struct {
		name string
		peer []string
		ours []string
		want string
	}{
		{"versions", []string{"-tls1_2"}, []string{"min=1.3"},
			"no shared version" + nothing + "TLSv1.3)"},
		{"versions, the other way round", []string{"-tls1_3"}, []string{"max=1.2"},
			"no shared version" + nothing + "TLSv1.2)"},
		{"cipher suites", []string{"-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"},
			[]string{"max=1.2"}, "no shared cipher suite" + nothing + "TLSv1.2)"},
		{"groups", []string{"-tls1_2", "-groups", "X448"}, []string{"max=1.2"},
			"no shared curve" + nothing + "TLSv1.2)"},
		{"groups of TLS 1.3", []string{"-tls1_3", "-groups", "X448"}, nil,
			"no shared curve (agreed on TLSv1.3, TLS_"},
		{"signatures", []string{"-tls1_3", "-sigalgs", "ed25519"}, nil,
			"no shared signature algorithm (agreed on TLSv1.3, TLS_"},
		{"another CA", []string{"-tls1_3"}, nil,
			peer + "unknown_ca (agreed on TLSv1.3, TLS_"},
		{"another CA, TLS 1.2", []string{"-tls1_2"}, nil,
			peer + "unknown_ca (agreed on TLSv1.2, TLS_"},
		{"PSK identity", []string{"-tls1_2", "-psk", "112233", "-psk_identity", "x"},
			[]string{"psk=xyz"}, "no pre-shared key for this identity (agreed on TLSv1.2, TLS_"},
		{"pre-shared keys", []string{"-tls1_2", "-psk", "112233", "-psk_identity", "sensor"},
			[]string{"psk=xyz"}, "the pre-shared keys differ (agreed on TLSv1.2, TLS_"},
	} {
		t.Run("server, "+test.name, func(t *testing.T) {
			// wolfSSL 5.7 answers with a group that the client does not have, and does not keep
			// an alert that is not encrypted.
			if (strings.HasPrefix(test.name, "groups") || test.name == "another CA") && old {
				t.Skip("not with wolfSSL 5.7")
			}
			port := freePort(t)
			lines := r.startPython(t, "tls_server.py",
				append([]string{strconv.Itoa(port), cert, key}, test.ours...)...)
			if line := <-lines; !strings.HasPrefix(line, "listening") {
				t.Fatalf("got %q", line)
			}
			trusted := ca.file
			if strings.HasPrefix(test.name, "another CA") {
				trusted = other.file
			}
			opensslSends(t, port, trusted, test.peer)
			saysWhy(t, <-lines, test.want)
		})
	}
}

// saysWhy holds the line of a script, which is the error's number and text.
func saysWhy(t *testing.T, line, want string) {
	t.Helper()
	words := strings.SplitN(strings.TrimSpace(line), " ", 3)
	if len(words) < 3 || words[0] != "OSError" || !strings.HasPrefix(words[2], want) {
		t.Errorf("got %q; want %q", line, want)
	}
}

package tests_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// mostForFirstAnswer is how many ms a client may wait for its first answer over TLS 1.3 on
// loopback: a delayed acknowledgement takes 40 on Linux.
const mostForFirstAnswer = 20

// firstAnswer asks CPython's server, which sends its tickets and its answer in two segments, the
// second after the first is acknowledged.
func (r *real) firstAnswer(t *testing.T, ca *authority, cert, key string) {
	port := freePort(t)
	server := exec.Command("python3", filepath.Join("testdata", "echo_server.py"),
		strconv.Itoa(port), cert, key)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	waitForPort(t, port)
	for _, style := range [][]string{nil, {"poll"}} {
		out := r.python(t, "tls_first_answer.py", append([]string{"127.0.0.1",
			strconv.Itoa(port), ca.file, "localhost"}, style...)...)
		words := strings.Fields(out)
		if len(words) != 3 || words[0] != "TLSv1.3" || words[1] != `b'ping\n'` {
			t.Fatalf("%q: got %q", style, out)
		}
		if ms, err := strconv.Atoi(words[2]); err != nil || ms > mostForFirstAnswer {
			t.Errorf("%q: the first answer takes %s ms", style, words[2])
		}
	}
}

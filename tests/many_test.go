package tests_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// many serves many connections at once in one thread, all of which are open before the first ends.
// With MPWOLF_TEST_LONG it also shows what they cost, beside CPython and the micropython that
// MPWOLF_TEST_BASELINE names.
func (r *real) many(t *testing.T, cert, key string) {
	const n = 500
	servers := map[string][]string{"ours": {r.firmware()}}
	if os.Getenv("MPWOLF_TEST_LONG") != "" {
		servers["CPython"] = []string{debianPython}
		if baseline := os.Getenv("MPWOLF_TEST_BASELINE"); baseline != "" {
			servers["built-in"] = []string{baseline}
		}
	}
	if err := exec.Command(r.firmware(), "-c", "import asyncio").Run(); err != nil {
		t.Skip("SKIPPED: this firmware has no asyncio; MICROPYPATH can name it")
	}
	for name, python := range servers {
		port := freePort(t)
		cmd := exec.Command(python[0], append(python[1:],
			filepath.Join("firmware", "many_server.py"), strconv.Itoa(port), cert, key,
			strconv.Itoa(n))...)
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stdout)
		if !lines.Scan() || lines.Text() != "listening" {
			t.Fatalf("%s: got %q", name, lines.Text())
		}
		manyClients(t, port, n)
		lines.Scan()
		var most, peak int
		_, err = fmt.Sscanf(lines.Text(), "served %d %d", &most, &peak)
		if err != nil || most != n {
			t.Errorf("%s: got %q; want %d at once", name, lines.Text(), n)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %d connections: %v of CPU time, at most %d KB", name, n,
			cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), peak>>10)
	}
}

// manyClients opens connections, exchanges three lines over each, and closes them.
func manyClients(t *testing.T, port, n int) {
	t.Helper()
	conns := make([]*tls.Conn, n)
	all := func(do func(i int) error) {
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() {
				if err := do(i); err != nil {
					t.Errorf("connection %d: %v", i, err)
				}
			})
		}
		wait.Wait()
	}
	all(func(i int) (err error) {
		conns[i], err = tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), &tls.Config{
			InsecureSkipVerify: true, CurvePreferences: []tls.CurveID{tls.CurveP256}})
		return err
	})
	if t.Failed() {
		return
	}
	const line = "hello\n"
	for range 3 {
		all(func(i int) error {
			if _, err := conns[i].Write([]byte(line)); err != nil {
				return err
			}
			got := make([]byte, len(line))
			if _, err := io.ReadFull(conns[i], got); err != nil {
				return err
			}
			if string(got) != line {
				return fmt.Errorf("got %q", got)
			}
			return nil
		})
	}
	all(func(i int) error { return conns[i].Close() })
}

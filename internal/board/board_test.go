package board

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"mpwolf/internal/hint"
)

// fakeEnv makes this program a board in QEMU or mpremote, with a fault of that name.
const fakeEnv = "MPWOLF_TEST_FAKE_BOARD"

// victimEnv makes this program one that runs a script in QEMU and is killed.
const victimEnv = "MPWOLF_TEST_FAKE_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimEnv) != "" {
		os.Exit(victim())
	}
	if kind := os.Getenv(fakeEnv); kind != "" {
		if filepath.Base(os.Args[0]) == python {
			os.Exit(fakeMpremote(kind))
		}
		os.Exit(fakeMachine(kind))
	}
	os.Exit(m.Run())
}

// fakeMachine is a machine whose Python knows print("…") and raise, until its fault.
func fakeMachine(kind string) int {
	if kind == "no machine" {
		fmt.Fprintln(os.Stderr, "qemu-system-arm: unsupported machine type")
		return 1
	}
	in := bufio.NewReader(os.Stdin)
	switch kind {
	case "no library":
		fmt.Fprintln(os.Stderr, "/usr/bin/qemu-system-arm: error while loading shared libraries")
		return 127
	case "names itself":
		fmt.Fprintln(os.Stderr, "child", os.Getpid())
	case "wrapped": // by a program that leaves another one with its input and its output
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fakeEnv+"=deaf")
		child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Fprintln(os.Stderr, "child", child.Process.Pid)
		_ = child.Wait() // killed
		return 0
	}
	if kind == "mute" {
		fmt.Print("MicroPython")
		_, _ = io.Copy(io.Discard, in)
		return 0
	}
	if _, err := in.ReadString(ctrlA[0]); err != nil {
		return 0
	}
	fmt.Print("MicroPython v1\r\n>>> \r\n" + ready)
	for {
		text, err := in.ReadString(ctrlD[0])
		if err != nil && (kind == "names itself" || kind == "deaf") {
			time.Sleep(time.Hour) // as QEMU goes on without input
		}
		if err != nil {
			return 0
		}
		text = strings.TrimSuffix(text, ctrlD)
		switch {
		case text == "":
			if kind == "no reset" {
				time.Sleep(time.Hour)
			}
			fmt.Print("OK\r\nMPY: soft reboot\r\n" + ready)
		case !strings.Contains(text, "fault"):
			text, raised := fakePython(text)
			fmt.Print("OK" + text + ctrlD + raised + ctrlD + ">")
		case kind == "deaf": // it reads no more
			fmt.Print("OK" + ctrlD + ctrlD + ">")
			time.Sleep(time.Hour)
		case kind == "hang":
			fmt.Print("OKgoing\r\n")
			time.Sleep(time.Hour)
		case kind == "crash":
			fmt.Print("OKgoing\r\nHardFault exception caught:\nR0: 00000000\n" +
				"R12:  00000000 R13:  2001FF80 R14:  FFFFFFF9 R15:  0001A2B4\n")
			time.Sleep(time.Hour)
		case kind == "crash riscv":
			fmt.Print("OK\nMACHINE EXCEPTION CAUGHT:\n\n RA=80001234\n MEPC=8000ABCD MTVAL=0\n")
			time.Sleep(time.Hour)
		case kind == "lockup":
			fmt.Fprint(os.Stderr, "qemu: fatal: Lockup: can't escalate 3 to HardFault\n\n"+
				"R00=00000000 R01=00000000\n")
			return 1
		case kind == "end":
			return 3
		case kind == "flood":
			for fmt.Print("OK"); ; fmt.Print(strings.Repeat("x", 1000)) {
			}
		}
	}
}

func fakePython(script string) (text, raised string) {
	for line := range strings.Lines(script) {
		if word, is := strings.CutPrefix(strings.TrimSpace(line), "print "); is {
			text += word + "\r\n"
		} else if strings.HasPrefix(line, "raise") {
			return text, "Traceback (most recent call last):\r\n  File \"<stdin>\"\r\n" +
				"ValueError: \r\n"
		}
	}
	return text, ""
}

func machine(t *testing.T, kind string) *QEMU {
	t.Helper()
	t.Setenv(fakeEnv, kind)
	q := &QEMU{Argv: []string{os.Args[0]}, Timeout: time.Minute}
	t.Cleanup(q.Close)
	return q
}

func TestRunInQEMU(t *testing.T) {
	q := machine(t, "none")
	for _, c := range []struct {
		pieces []string
		want   Output
	}{
		{[]string{"print a\n", "x = 1\n", "print b\nprint c\n"}, Output{Text: "a\nb\nc\n"}},
		{[]string{"print SKIP\n", "raise\n"}, Output{Text: "SKIP\n"}},
		{[]string{"print a\nraise\n", "print b\n"}, Output{Text: "a\n",
			Raised: "Traceback (most recent call last):\n  File \"<stdin>\"\nValueError: \n"}},
		{[]string{"print d\n"}, Output{Text: "d\n"}},
	} {
		if got, err := q.Run(t.Context(), c.pieces); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v", c.pieces, got, err)
		}
	}
	if again, err := q.Restart(t.Context()); !again || err != nil {
		t.Errorf("not started anew: %v", err)
	}
	if got, err := q.Run(t.Context(), []string{"print e\n"}); err != nil || got.Text != "e\n" {
		t.Errorf("started anew: %+v, %v", got, err)
	}
}

// TestFaults holds that a fault of the firmware is named, and that the next script finds a machine
// that works.
func TestFaults(t *testing.T) {
	for kind, want := range map[string]string{
		"hang":        "does not finish within 2s; it wrote last: going",
		"crash":       "crashes: HardFault exception at 0x0001a2b4; it wrote last: going",
		"crash riscv": "crashes: MACHINE exception at 0x8000abcd",
		"lockup": "crashes: QEMU has ended (exit status 1); QEMU: qemu: fatal: Lockup: can't " +
			"escalate 3 to HardFault",
		"end":      "ends: QEMU has ended by itself (exit status 3)",
		"flood":    "does not stop writing; it wrote last: …xxx",
		"mute":     "does not come to MicroPython's raw REPL within 2s",
		"no reset": "does not come back from a soft reset within 2s",
	} {
		t.Run(kind, func(t *testing.T) {
			q := machine(t, kind)
			if kind == "hang" || kind == "no reset" { // the time must not pass with the start
				if _, err := q.Run(t.Context(), []string{"print a\n"}); err != nil {
					t.Fatal(err)
				}
			}
			if strings.Contains(want, "2s") {
				q.Timeout = 2 * time.Second
			}
			_, err := q.Run(t.Context(), []string{"fault\n"})
			fault := (*Fault)(nil)
			if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), want) {
				t.Fatalf("%v\nnot %s", err, want)
			}
			if kind == "mute" {
				return
			}
			q.Timeout = time.Minute
			if out, err := q.Run(t.Context(), []string{"print a\n"}); err != nil ||
				out.Text != "a\n" {
				t.Errorf("after the fault: %+v, %v", out, err)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	q := machine(t, "hang")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := q.Run(ctx, []string{"fault\n"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	for kind, want := range map[string]string{
		"no machine": "QEMU does not start (exit status 1): qemu-system-arm: unsupported " +
			"machine type",
		"no library": "QEMU does not start (exit status 127): /usr/bin/qemu-system-arm: error " +
			"while loading shared libraries",
	} {
		q := machine(t, kind)
		fault := (*Fault)(nil)
		if _, err := q.Run(t.Context(), nil); err == nil || errors.As(err, &fault) ||
			err.Error() != want {
			t.Errorf("%v", err)
		}
	}
	q = &QEMU{Argv: []string{"/not/here"}}
	if _, err := q.Run(t.Context(), nil); err == nil {
		t.Error("a program that is not there runs")
	}
}

// TestDeaf holds that a firmware that no longer reads ends a script in time, however long that is.
func TestDeaf(t *testing.T) {
	q := machine(t, "deaf")
	if _, err := q.Run(t.Context(), []string{"print a\n"}); err != nil {
		t.Fatal(err)
	}
	q.Timeout = 2 * time.Second
	long := "# " + strings.Repeat("x", 1<<20) + "\n"
	_, err := q.Run(t.Context(), []string{"fault\n", long, "print a\n"})
	if fault := (*Fault)(nil); !errors.As(err, &fault) ||
		err.Error() != "does not finish within 2s" {
		t.Errorf("%v", err)
	}
}

// TestWrapped holds that nothing is left of QEMU if QEMU_SYSTEM is a program that runs it.
func TestWrapped(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends the children of a program")
	}
	q := machine(t, "wrapped")
	if out, err := q.Run(t.Context(), []string{"print a\n"}); err != nil || out.Text != "a\n" {
		t.Fatalf("%+v, %v", out, err)
	}
	var child int
	if _, err := fmt.Sscanf(q.said.String(), "child %d", &child); err != nil {
		t.Fatalf("%q: %v", q.said.String(), err)
	}
	closed := make(chan struct{})
	go func() { q.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("Close has no end")
	}
	ends(t, child)
}

// TestKilled holds that QEMU ends with this program if that is killed.
func TestKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends the children of a program that is killed")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed
	var child int
	if _, scanErr := fmt.Sscanf(line, "child %d", &child); scanErr != nil {
		t.Fatalf("%q: %v, %v", line, err, scanErr)
	}
	ends(t, child)
}

func victim() int {
	if err := os.Setenv(fakeEnv, "names itself"); err != nil {
		fmt.Println(err)
		return 1
	}
	if err := os.Unsetenv(victimEnv); err != nil {
		fmt.Println(err)
		return 1
	}
	q := &QEMU{Argv: []string{os.Args[0]}, Timeout: time.Minute}
	if _, err := q.Run(context.Background(), []string{"print a\n"}); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Print(q.said.String())
	time.Sleep(time.Hour)
	return 0
}

// ends waits for the end of a process.
func ends(t *testing.T, pid int) {
	t.Helper()
	for start := time.Now(); running(pid); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("what the program has started still runs")
		}
	}
}

// running reports whether a process of Linux has not ended; the dead may stay in the table.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

func TestMachineArgv(t *testing.T) {
	for _, c := range []struct{ system, arch, machine, args, want string }{
		{"qemu-system-arm", "arm", "mps2-an385", "-machine mps2-an385 -nographic",
			"qemu-system-arm -machine mps2-an385 -nographic -serial stdio -kernel f.elf"},
		{"", "riscv32", "virt", "", "qemu-system-riscv32 -machine virt -nographic -monitor null " +
			"-semihosting -serial stdio -kernel f.elf"},
		{"", "", "virt", "", ""},
		{"qemu-system-arm", "", "", "", ""},
	} {
		argv, err := MachineArgv(c.system, c.arch, c.machine, strings.Fields(c.args), "f.elf")
		if got := strings.Join(argv, " "); got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
	}
}

func TestPieces(t *testing.T) {
	long := strings.Repeat("x = 1\n", 200)
	for _, c := range []struct {
		script string
		want   []string
	}{
		{"a\n\nb\n", []string{"a\n\nb\n"}},
		{long + "\nb\n", []string{long + "\n", "b\n"}},
		{"def f():\n    pass\n" + long + "\n    y\n\nb\n",
			[]string{"def f():\n    pass\n" + long + "\n    y\n\n", "b\n"}},
		{"try:\n    a\n" + long + "\nexcept E:\n    b\n",
			[]string{"try:\n    a\n" + long + "\nexcept E:\n    b\n"}},
		{"f(\n" + long + "\n)\n", []string{"f(\n" + long + "\n)\n"}},
		{long + "\n\n# about b\nb\n", []string{long + "\n\n", "# about b\nb\n"}},
		{"x = '''\n" + long + "\nb\n'''\n", []string{"x = '''\n" + long + "\nb\n'''\n"}},
		{"", []string{""}},
	} {
		if got := Pieces(c.script); !slices.Equal(got, c.want) {
			t.Errorf("%.60q: %d pieces: %.60q", c.script, len(got), got)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.py": "from b import B\nfrom sys import path\nprint(B)\r\n",
		"b.py": "from c import C\nB = C\n", "c.py": "from b import B\nC = 1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(filepath.Join(dir, "a.py"))
	want := "C = 1\nB = C\nfrom sys import path\nprint(B)\n"
	if err != nil || strings.Join(got, "") != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Load(filepath.Join(dir, "d.py")); err == nil {
		t.Error("a script that is not there")
	}
}

// pythonSays is what Python says before it runs anything, by fault.
var pythonSays = map[string]string{
	"no serial":       "ModuleNotFoundError: No module named 'serial'",
	"no platformdirs": "ModuleNotFoundError: No module named 'platformdirs'",
	"denied": "serial.serialutil.SerialException: [Errno 13] could not open port x: [Errno 13] " +
		"Permission denied: 'x'",
	"busy": "serial.serialutil.SerialException: [Errno 11] Could not exclusively lock port x: " +
		"[Errno 11] Resource temporarily unavailable",
	"file":  "termios.error: (25, 'Inappropriate ioctl for device')",
	"other": "KeyError: 'x'",
	"directory": "serial.serialutil.SerialException: [Errno 21] could not open port /x: [Errno " +
		"21] Is a directory: '/x'",
	"relative": "serial.serialutil.SerialException: [Errno 2] could not open port x: [Errno 2] " +
		"No such file or directory: 'x'",
}

// fakeMpremote is python3 with mpremote, until its fault.
func fakeMpremote(kind string) int {
	if os.Getenv("PYTHONDONTWRITEBYTECODE") != "1" {
		fmt.Fprintln(os.Stderr, "it would write byte code into the tree")
		return 1
	}
	fail := func(text string) int {
		fmt.Fprintln(os.Stderr, "Traceback (most recent call last):\n  File \"x.py\"\n"+text)
		return 1
	}
	if text := pythonSays[kind]; text != "" {
		return fail(text)
	}
	switch probing := os.Args[1] == "-c"; {
	case probing:
		if os.Args[2] == stop {
			return fakeStop(os.Args[3])
		}
		return 0
	case kind == "silent":
		return fail("mpremote.transport.TransportError: could not enter raw repl")
	case kind == "mute":
		time.Sleep(time.Hour)
	case kind == "unplugged":
		_ = os.Remove(os.Args[3])
		return fail("OSError: [Errno 5] Input/output error")
	}
	for i := 4; i+1 < len(os.Args); i += 2 {
		script, err := os.ReadFile(os.Args[i+1])
		if err != nil || os.Args[i] != "run" {
			return fail(fmt.Sprint(os.Args))
		}
		if strings.Contains(string(script), "fault") {
			switch kind {
			case "hang":
				fmt.Print("going\r\n")
				time.Sleep(time.Hour)
			case "no memory":
				fmt.Fprintln(os.Stderr, "mpremote: could not exec command (response: b'xx')")
				return 1
			case "gone silent":
				fmt.Fprintln(os.Stderr, "mpremote: could not enter raw repl")
				return 1
			}
		}
		text, raised := fakePython(string(script))
		fmt.Print(text)
		if raised != "" {
			fmt.Print(raised)
			return 1
		}
	}
	return 0
}

// fakeStop writes into the port that it was stopped.
func fakeStop(port string) int {
	if err := os.WriteFile(port, []byte("stopped"), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// fakeDevice is a device whose port is a file, with a python3 that is this program.
func fakeDevice(t *testing.T, kind string) *Device {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, python)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"port", "mpremote.py"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv(fakeEnv, kind)
	return &Device{Port: filepath.Join(dir, "port"), Mpremote: dir, Timeout: time.Minute}
}

func TestRunOnDevice(t *testing.T) {
	d := fakeDevice(t, "none")
	if err := d.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pieces []string
		want   Output
	}{
		{[]string{"print a\n", "print b\n"}, Output{Text: "a\nb\n"}},
		{[]string{"print SKIP\n", "raise\n"}, Output{Text: "SKIP\n"}},
		{[]string{"print a\nraise\n", "print b\n"}, Output{Text: "a\n",
			Raised: "Traceback (most recent call last):\n  File \"<stdin>\"\nValueError: \n"}},
		{[]string{"print Traceback (most recent call last):\n"},
			Output{Text: "Traceback (most recent call last):\n"}},
	} {
		if got, err := d.Run(t.Context(), c.pieces); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v", c.pieces, got, err)
		}
	}
	if again, err := d.Restart(t.Context()); again || err != nil {
		t.Errorf("a device was switched off: %v", err)
	}
}

// TestDeviceErrors holds what is said of each fault, which ones are the firmware's, and the hints.
func TestDeviceErrors(t *testing.T) {
	for _, c := range []struct {
		kind, want, hint string
		atRun, firmware  bool
	}{
		{kind: "no serial", want: "python3 has no module serial"},
		{kind: "no platformdirs", want: "python3 has no module platformdirs"},
		{kind: "denied", want: "no permission to open ", hint: "dialout"},
		{kind: "busy", want: "port is in use by another program", hint: "close"},
		{kind: "file", want: "port is no serial port"},
		{kind: "directory", want: "port is no serial port"},
		{kind: "relative", want: "port does not exist", hint: "serial port"},
		{kind: "other", want: "port cannot be used: KeyError: 'x'"},
		{kind: "silent", want: "port does not answer", hint: "right port", atRun: true},
		{kind: "mute", want: "port does not answer", hint: "right port", atRun: true},
		{kind: "unplugged", want: "port is gone: the device was unplugged", atRun: true},
		{kind: "hang", want: "does not finish within 2s", atRun: true,
			firmware: true},
		{kind: "no memory", want: "does not take a script: mpremote: could not exec command",
			atRun: true, firmware: true},
		{kind: "gone silent", want: "does not answer any more", atRun: true, firmware: true},
	} {
		t.Run(c.kind, func(t *testing.T) {
			d := fakeDevice(t, c.kind)
			err := d.Check(t.Context())
			if c.atRun {
				if err != nil {
					t.Fatal(err)
				}
				if c.kind == "gone silent" || c.kind == "hang" {
					if _, err := d.Run(t.Context(), []string{"print a\n"}); err != nil {
						t.Fatal(err)
					}
				}
				if c.kind == "hang" || c.kind == "mute" {
					d.Timeout = 2 * time.Second
				}
				_, err = d.Run(t.Context(), []string{"fault\n"})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v\nnot %s", err, c.want)
			}
			if fault := (*Fault)(nil); errors.As(err, &fault) != c.firmware {
				t.Errorf("the firmware's fault: %v", !c.firmware)
			}
			if got := hint.Of(err); !strings.Contains(got, c.hint) {
				t.Errorf("hint: %q, not %q", got, c.hint)
			}
			// A script that was cut off must not go on on the board.
			port, _ := os.ReadFile(d.Port)
			if want := c.kind == "hang" || c.kind == "mute"; want != (string(port) == "stopped") {
				t.Errorf("the port has got %q", port)
			}
		})
	}
}

func TestNoPort(t *testing.T) {
	d := &Device{Port: filepath.Join(t.TempDir(), "ttyACM0"), Timeout: time.Minute}
	if err := d.Check(t.Context()); err == nil || hint.Of(err) == "" ||
		!strings.HasSuffix(err.Error(), "ttyACM0 does not exist") {
		t.Errorf("%v", err)
	}
	d.Port = "COM3"
	if err := d.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no mpremote") {
		t.Errorf("%v", err)
	}
}

func TestPrintable(t *testing.T) {
	long := strings.Repeat("é", 300)
	got := Output{Text: "a\x1b]0;b\x07\n" + long + "\nc\n", Raised: "\x1b[2Jd\n"}.Printable()
	want := Output{Text: "a]0;b\n" + long[:200] + "…\nc\n", Raised: "[2Jd\n"}
	if got != want {
		t.Errorf("%+v", got)
	}
}

func TestLastLines(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a\r\nb\n": "a | b", "1\n2\n3\n4\n5\n6\n": "2 | 3 | 4 | 5 | 6",
		"\x1b[31mred\x04": "[31mred", "\xff": "?",
		"\u009b2J\u202eabc\u2028d": "2Jabc\u2028d", // CSI; from right to left
	} {
		if got := LastLines(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

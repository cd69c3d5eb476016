package tests_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"mpwolf/internal/objects"
	"mpwolf/internal/verify"
)

// fakeBoard stands in for QEMU with a firmware ("fakeboard qemu …") or for python3 with mpremote
// and a device ("fakeboard python …"). It writes what verify's scripts should write, until the
// fault that FAKEBOARD names. FAKEBOARD_ELF is the firmware on it.
func fakeBoard(args []string) int {
	fault := os.Getenv("FAKEBOARD")
	if args[0] == "qemu" {
		return fakeSerial(fault)
	}
	if os.Getenv("PYTHONDONTWRITEBYTECODE") == "" {
		fmt.Fprintln(os.Stderr, "it would write byte code")
		return 1
	}
	said := map[string]string{
		"no-serial": "ModuleNotFoundError: No module named 'serial'",
		"busy":      "serial.serialutil.SerialException: [Errno 16] Device or resource busy",
	}[fault]
	if said == "" && fault == "silent" && args[1] != "-c" {
		said = "mpremote.transport.TransportError: could not enter raw repl"
	}
	if said != "" {
		fmt.Fprintln(os.Stderr, said)
		return 1
	}
	for i := 4; i+1 < len(args) && args[1] != "-c"; i += 2 {
		script, err := os.ReadFile(args[i+1])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		text, raised := fakeOutput(string(script), fault)
		fmt.Print(text, raised)
		switch {
		case raised != "":
			return 1
		case fault == "unplugged" && strings.HasPrefix(string(script), firstLine("tls_pair.py")):
			_ = os.Remove(args[3])
			fmt.Fprintln(os.Stderr, "OSError: [Errno 5] Input/output error")
			return 1
		}
	}
	return 0
}

// fakeSerial is a firmware behind QEMU's serial line.
func fakeSerial(fault string) int {
	const ready = "raw REPL; CTRL-B to exit\r\n>"
	in := bufio.NewReader(os.Stdin)
	fmt.Print("MicroPython v1.25.0 on 2026-11-27; fake\r\n>>> \r\n" + ready)
	for {
		text, err := in.ReadString('\x04')
		if err != nil {
			return 0
		}
		text = strings.TrimPrefix(strings.TrimSuffix(text, "\x04"), "\x01")
		if text == "" {
			fmt.Print("OK\r\nMPY: soft reboot\r\n" + ready)
			continue
		}
		out, raised := fakeOutput(text, fault)
		fmt.Print("OK" + strings.ReplaceAll(out, "\n", "\r\n") + "\x04" + raised + "\x04>")
	}
}

// firstLine is that of one of verify's scripts, by which it is known.
func firstLine(script string) string {
	text, err := fs.ReadFile(verify.Scripts, path.Join("scripts", script))
	if err != nil {
		return err.Error()
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// fakeOutput is what a piece of a script writes: all of the script's output if it is the first
// piece, and nothing otherwise.
func fakeOutput(piece, fault string) (text, raised string) {
	is := func(script string) bool { return strings.HasPrefix(piece, firstLine(script)) }
	expected := func(script string) string {
		text, err := fs.ReadFile(verify.Scripts, path.Join("scripts", script+".exp"))
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	trace := func(exception string) string {
		return "Traceback (most recent call last):\r\n  File \"<stdin>\", line 9\r\n" + exception +
			"\r\n"
	}
	switch {
	case is("crypto_kat.py"):
		if fault == "terminal" {
			return "", trace("OSError: \x1b]0;title\x07\u009b2J\u202e" +
				strings.Repeat("x", 1<<19))
		}
		if fault == "wrong" {
			return strings.Replace(expected("crypto_kat.py"), "CBC 128 True", "CBC 128 False",
				1), ""
		}
		return expected("crypto_kat.py"), ""
	case is("tls_pair.py"):
		return fakePair(expected("tls_pair.py"), fault, trace)
	case is("tls_random.py"):
		if fault == "same" {
			return "random 42\n", ""
		}
		return fmt.Sprintf("random %x\n", time.Now().UnixNano()), ""
	case is("board_left.py"):
		if fault == "overwritten" {
			return "kept False\n", ""
		}
		return expected("board_left.py"), ""
	case is("board_heap.py"):
		if fault == "stops" {
			return "1 KB OSError(12,)\n", ""
		}
		if fault == "unclear" {
			return "1 KB OSError(12,)\n2 KB OSError(-313,)\n3 KB ok\nagain ok\n", ""
		}
		return "1 KB MemoryError('memory allocation failed, allocating 99 bytes',)\n" +
			"2 KB OSError(12,)\n21 KB ok\nagain ok\n", ""
	case is("board_figures.py"):
		if fault == "terminal" {
			return "handshake 1\nheap 1 -1\nspeed \x1b[2Jx 18446744073709551615 1\n" +
				"speed y 1 0\n", ""
		}
		return "handshake 812345\nheap 131072 8320\nspeed sha256 200 250000\n" +
			"speed aes-128-cbc 100 250000\n", ""
	case is("board_identity.py"):
		return fakeIdentity(fault), ""
	case strings.Contains(piece, "uctypes.bytearray_at"):
		return fakeCode(piece, fault)
	}
	return "", ""
}

func fakePair(expected, fault string, trace func(string) string) (text, raised string) {
	switch fault {
	case "hang":
		fmt.Print("OKno verification\r\n")
		time.Sleep(time.Hour)
	case "crash":
		fmt.Print("OK\r\nHardFault exception caught:\r\nR15: 00001234\r\n")
		time.Sleep(time.Hour)
	case "end":
		os.Exit(3)
	case "skip":
		return "SKIP\n", ""
	case "raises":
		return "secure defaults hold True\n", trace("OSError: -188")
	case "tiny":
		return "", trace("NotImplementedError: protocol not in this firmware")
	}
	return expected, ""
}

func fakeIdentity(fault string) string {
	version, machine, more := "MicroPython v1.25.0 on 2026-11-27", "fake with Cortex-M3",
		"wolfssl wolfSSL 5.7.2\n"
	switch fault {
	case "other-version":
		version = "MicroPython v1.24.1 on 2024-11-29"
	case "other-board":
		machine = "PYBv1.1 with STM32F405RG"
	case "no-wolfssl":
		more = ""
	}
	return "version 3.4.0; " + version + "\nmachine " + machine + "\nbuild FAKE\n" + more
}

// fakeCode is the hash of the code on the device.
func fakeCode(script, fault string) (text, raised string) {
	var at uint64
	var left int
	for line := range strings.Lines(script) {
		_, _ = fmt.Sscanf(line, "at = %d", &at)
		_, _ = fmt.Sscanf(line, "left = %d", &left)
	}
	address, code, err := objects.ReadCode(os.Getenv("FAKEBOARD_ELF"))
	if err != nil {
		return "", "Traceback (most recent call last):\nImportError: no module named 'uctypes'\n"
	}
	code = code[at-address:][:left]
	if fault == "other-code" {
		code = append([]byte("x"), code...)
	}
	return fmt.Sprintf("code %x\n", sha256.Sum256(code)), ""
}

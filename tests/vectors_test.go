package tests_test

import (
	"bufio"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// vectorsDir is where Debian's python3-cryptography-vectors has NIST's CAVP vectors and those of
// the RFCs.
const vectorsDir = "/usr/lib/python3/dist-packages/cryptography_vectors"

// vectors runs known answers on the firmware, and long inputs whose results OpenSSL computes.
func (r *real) vectors(t *testing.T) {
	if _, err := os.Stat(vectorsDir); err != nil {
		t.Skipf("%v; scripts/test installs python3-cryptography-vectors", err)
	}
	lines := slices.Concat(aesVectors(t), shortVectors(t), hashVectors(t))
	if len(lines) < 2000 {
		t.Fatalf("read only %d vectors", len(lines))
	}
	var digests []string
	for _, mode := range []struct {
		number, name string
		iv           bool
	}{{"1", "ecb", false}, {"2", "cbc", true}, {"6", "ctr", true}} {
		for _, size := range []int{16, 4096, 16 << 20} {
			line, digest := longInput(t, mode.number, mode.name, mode.iv, size)
			lines, digests = append(lines, line), append(digests, "digest "+digest)
		}
	}
	file := filepath.Join(t.TempDir(), "vectors")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(r.firmware(), "-X", "heapsize=64M",
		filepath.Join("firmware", "vectors.py"), file).CombinedOutput()
	want := strings.Join(digests, "\n") + fmt.Sprintf("\ndone %d\n", len(lines))
	if err != nil || string(out) != want {
		t.Errorf("%v; got:\n%s\nwant:\n%s", err, tail(string(out)), want)
	}
	t.Logf("%d vectors, %d long inputs", len(lines)-len(digests), len(digests))
}

// leastNIST is how many vectors of nistFiles pass at least; the others have tags, nonces and
// curves that the modules don't.
const leastNIST = 12000

var nistFiles = []string{
	"ciphers/AES/GCM/*.rsp", "ciphers/AES/CCM/*.rsp", "CMAC/*aes*.txt",
	"keywrap/kwtestvectors/KW_A[DE]_???.txt", "hashes/SHA2/SHA???ShortMsg.rsp",
	"hashes/SHA2/SHA???LongMsg.rsp", "hashes/SHA3/SHA3_[2-5][58][64]*Msg.rsp",
	"hashes/SHA3/SHA3_512*Msg.rsp", "hashes/blake2/*.txt",
	"asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", "asymmetric/ECDSA/FIPS_186-3/PKV.rsp",
	"asymmetric/Ed25519/sign.input",
}

// nist runs NIST's vectors for what the built-in has not.
func (r *real) nist(t *testing.T) {
	if _, err := os.Stat(vectorsDir); err != nil {
		t.Skipf("%v; scripts/test installs python3-cryptography-vectors", err)
	}
	args := []string{"-X", "heapsize=64M", filepath.Join("firmware", "nist.py")}
	for _, pattern := range nistFiles {
		args = append(args, glob(t, pattern)...)
	}
	out, err := exec.Command(r.firmware(), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(string(out)))
	}
	if string(out) == "SKIP\n" {
		t.Skip("the firmware has no keys for programs")
	}
	countCases(t, out, leastNIST)
}

// aesVectors are the lines for vectors.py of CAVP's AES files for keys of 128 and 256 bits;
// MicroPython's cryptolib takes no others.
func aesVectors(t *testing.T) []string {
	var lines []string
	for number, pattern := range map[string]string{
		"1": "ECB/ECB*[0-9].rsp", "2": "CBC/CBC*[0-9].rsp", "6": "CTR/aes-*-ctr.txt",
	} {
		for _, file := range glob(t, "ciphers/AES/"+pattern) {
			if strings.Contains(file, "192") {
				continue
			}
			eachVector(t, file, func(v map[string]string) {
				iv := v["IV"]
				if iv == "" {
					iv = "-"
				}
				lines = append(lines,
					fmt.Sprintf("aes %s %s %s %s %s", number, v["KEY"], iv,
						v["PLAINTEXT"], v["CIPHERTEXT"]))
			}, "CIPHERTEXT", "PLAINTEXT")
		}
	}
	return lines
}

// shortVectors are inputs that CAVP does not have: an empty one in every mode, and less than a
// block in CTR.
func shortVectors(t *testing.T) []string {
	t.Helper()
	const key, iv = "000102030405060708090a0b0c0d0e0f", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	lines := []string{"aes 1 " + key + " - - -", "aes 2 " + key + " " + iv + " - -",
		"aes 6 " + key + " " + iv + " - -"}
	rawKey, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	rawIV, err := hex.DecodeString(iv)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(rawKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 15, 17, 33} {
		plain := []byte(strings.Repeat("x", size))
		out := make([]byte, size)
		cipher.NewCTR(block, rawIV).XORKeyStream(out, plain)
		lines = append(lines, fmt.Sprintf("aes 6 %s %s %x %x", key, iv, plain, out))
	}
	return lines
}

func hashVectors(t *testing.T) []string {
	var lines []string
	for name, pattern := range map[string]string{
		"sha256": "SHA2/SHA256*Msg.rsp", "sha1": "SHA1/SHA1*Msg.rsp", "md5": "MD5/rfc-1321.txt",
	} {
		for _, file := range glob(t, "hashes/"+pattern) {
			eachVector(t, file, func(v map[string]string) {
				message := v["Msg"]
				if v["Len"] == "0" {
					message = "-"
				}
				lines = append(lines, fmt.Sprintf("hash %s %s %s", name, message, v["MD"]))
			}, "MD")
		}
	}
	return lines
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorsDir, filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors %s: %v", pattern, err)
	}
	return files
}

// eachVector reads NAME = VALUE lines; a vector ends with the last of its values, which ends names
// in either order.
func eachVector(t *testing.T, file string, use func(map[string]string), last ...string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	values := map[string]string{}
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		name, value, found := strings.Cut(strings.TrimSpace(scanner.Text()), " = ")
		if !found {
			continue
		}
		values[name] = value
		whole := true
		for _, name := range last {
			whole = whole && values[name] != ""
		}
		if whole {
			use(values)
			values = map[string]string{}
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
}

// longInput is a line for vectors.py, and the SHA-256 of OpenSSL's result for the same input.
func longInput(t *testing.T, number, name string, withIV bool, size int) (line, digest string) {
	t.Helper()
	const key, iv = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		"000102030405060708090a0b0c0d0e0f"
	data := make([]byte, size)
	for i := 0; i < size; i += 251 {
		data[i] = byte(i)
	}
	args := []string{"enc", "-aes-256-" + name, "-K", key, "-nopad"}
	given := "-"
	if withIV {
		args, given = append(args, "-iv", iv), iv
	}
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = strings.NewReader(string(data))
	out, err := cmd.Output()
	if err != nil || len(out) != size {
		t.Fatalf("%s: %v, %d bytes", cmd, err, len(out))
	}
	sum := sha256.Sum256(out)
	return fmt.Sprintf("long %s %s %s %s", number, key, given,
		strconv.Itoa(size)), hex.EncodeToString(sum[:])
}

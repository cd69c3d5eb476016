package tests_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mpwolf/internal/bundle"
)

// TestNameHash compares the hash that mpwolf bundle writes with that of the C code, for random
// names, and for those that the system trusts.
func TestNameHash(t *testing.T) {
	longOnly(t, "needs a compiler")
	t.Parallel()
	target := filepath.Join(t.TempDir(), "name_hash")
	modules := filepath.Join("..", "modules", "micropython-wolfssl")
	out, err := exec.Command("cc", "-g", "-O1", "-std=c99", "-Wall", "-Wextra", "-Werror",
		"-I"+modules, filepath.Join("testdata", "name_hash", "name_hash.c"),
		filepath.Join(modules, "wolf_x509.c"), "-o", target).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names := randomNames(t)
	if file := bundle.SystemFile(); file != "" {
		certs, _ := bundle.ParsePEM(readFile(t, file))
		for _, c := range certs {
			names = append(names, c.RawSubject)
		}
		t.Logf("%d names of %s", len(certs), file)
	}
	var lines bytes.Buffer
	for _, name := range names {
		var value asn1.RawValue
		if _, err := asn1.Unmarshal(name, &value); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&lines, hex.EncodeToString(value.Bytes))
	}
	cmd := exec.Command(target)
	cmd.Stdin = &lines
	if out, err = cmd.Output(); err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(out))
	if len(got) != len(names) {
		t.Fatalf("%d hashes for %d names", len(got), len(names))
	}
	wrong := 0
	for i, name := range names {
		if want := fmt.Sprintf("%08x", bundle.NameHash(name)); got[i] != want && wrong < 10 {
			t.Errorf("%x: the C code says %s, mpwolf %s", name, got[i], want)
			wrong++
		}
	}
	t.Logf("%d names", len(names))
}

// randomNames are names with all types of strings, much white space, and bytes that are no text.
func randomNames(t *testing.T) [][]byte {
	t.Helper()
	const alphabet = "aAbZ \t\r  \x00\x7f\x80\xc2\xa0\xc3\x84\xe2\x82\xac\xf0\x9f\x90\x8d\xff"
	tags := []int{asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagT61String, 26, 28, 30, 3,
		asn1.TagIA5String, asn1.TagOctetString}
	random := rand.New(rand.NewPCG(1, 2))
	var names [][]byte
	for range 20000 {
		var sets []byte
		for range random.IntN(4) {
			text := make([]byte, random.IntN(12))
			for i := range text {
				text[i] = alphabet[random.IntN(len(alphabet))]
			}
			value := encode(t, asn1.RawValue{Tag: tags[random.IntN(len(tags))], Bytes: text})
			oid := encode(t, asn1.ObjectIdentifier{2, 5, 4, 3 + random.IntN(8)})
			attribute := encode(t, asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true,
				Bytes: append(oid, value...)})
			if random.IntN(4) == 0 {
				attribute = append(attribute, attribute...)
			}
			sets = append(sets, encode(t, asn1.RawValue{Tag: asn1.TagSet, IsCompound: true,
				Bytes: attribute})...)
		}
		names = append(names, encode(t, asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true,
			Bytes: sets}))
	}
	return names
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Package bundle makes and reads bundles of trusted certificates for boards: an index by subject,
// so that a firmware only reads the certificate that it needs, and the certificates. It does not
// decide whom to trust: that is what it is given.
package bundle

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// The layout is described in modules/micropython-wolfssl/wolf_bundle.h.
const (
	magic      = "\x89CAB\r\n\x1a\n"
	version    = 1
	headerSize = 48
	hashedSize = 16 // of the header
	entrySize  = 44
	mostCerts  = math.MaxUint16
	mostSize   = math.MaxUint16 // of a certificate
)

var errDamaged = errors.New("the bundle is damaged")

// entry is a certificate with what the index says about it.
type entry struct {
	hash   uint32
	digest [sha256.Size]byte
	der    []byte
}

// Encode makes a bundle. The order of the certificates does not matter, and one that is there
// twice counts once, so that the same certificates always give the same bytes.
func Encode(certs []*x509.Certificate) ([]byte, error) {
	entries := make([]entry, 0, len(certs))
	for _, c := range certs {
		if len(c.Raw) > mostSize {
			return nil, fmt.Errorf("certificate %s has %d bytes; the most is %d", Name(c),
				len(c.Raw), mostSize)
		}
		entries = append(entries, entry{NameHash(c.RawSubject), sha256.Sum256(c.Raw), c.Raw})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), bytes.Compare(a.digest[:], b.digest[:]))
	})
	entries = slices.CompactFunc(entries, func(a, b entry) bool { return a.digest == b.digest })
	if len(entries) > mostCerts {
		return nil, fmt.Errorf("%d certificates are too many; the most is %d", len(entries),
			mostCerts)
	}
	return assemble(entries)
}

func assemble(entries []entry) ([]byte, error) {
	offset := headerSize + entrySize*len(entries)
	var index, rest []byte
	for _, e := range entries {
		index = binary.LittleEndian.AppendUint32(index, e.hash)
		index = binary.LittleEndian.AppendUint32(index, uint32(offset+len(rest)))
		index = binary.LittleEndian.AppendUint32(index, uint32(len(e.der)))
		index = append(index, e.digest[:]...)
		rest = append(rest, e.der...)
		if offset+len(rest) > math.MaxInt32 {
			return nil, errors.New("the bundle would have more than 2 GB")
		}
	}
	out := binary.LittleEndian.AppendUint16([]byte(magic), version)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(entries)))
	out = binary.LittleEndian.AppendUint32(out, uint32(offset+len(rest)))
	digest := digestOf(out, index)
	return slices.Concat(out, digest[:], index, rest), nil
}

func digestOf(start, index []byte) [sha256.Size]byte {
	return sha256.Sum256(slices.Concat(start, index))
}

// Is reports whether some bytes begin like a bundle.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }

// Decode reads a bundle, all of which must be as Encode writes it.
func Decode(data []byte) ([]*x509.Certificate, error) {
	if !Is(data) {
		return nil, errors.New("not a bundle")
	}
	if len(data) < headerSize {
		return nil, errDamaged
	}
	if v := binary.LittleEndian.Uint16(data[8:]); v != version {
		return nil, fmt.Errorf("the bundle has version %d; this mpwolf knows %d", v, version)
	}
	n := int(binary.LittleEndian.Uint16(data[10:]))
	end := headerSize + entrySize*n
	if len(data) < end || int(binary.LittleEndian.Uint32(data[12:])) != len(data) {
		return nil, errDamaged
	}
	digest := digestOf(data[:hashedSize], data[headerSize:end])
	if !bytes.Equal(digest[:], data[hashedSize:headerSize]) {
		return nil, errDamaged
	}
	certs := make([]*x509.Certificate, 0, n)
	for i := range n {
		c, err := decodeEntry(data, data[headerSize+entrySize*i:])
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
	}
	if again, err := Encode(certs); err != nil || !bytes.Equal(again, data) {
		return nil, errDamaged
	}
	return certs, nil
}

func decodeEntry(data, raw []byte) (*x509.Certificate, error) {
	offset := uint64(binary.LittleEndian.Uint32(raw[4:]))
	size := uint64(binary.LittleEndian.Uint32(raw[8:]))
	if offset+size > uint64(len(data)) {
		return nil, errDamaged
	}
	der := data[offset : offset+size]
	if digest := sha256.Sum256(der); !bytes.Equal(digest[:], raw[12:entrySize]) {
		return nil, errDamaged
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read a certificate of the bundle: %w", err)
	}
	return c, nil
}

// Digest stands for all of a bundle's certificates; data must be one.
func Digest(data []byte) []byte { return slices.Clone(data[hashedSize:headerSize]) }

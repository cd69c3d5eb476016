package verify

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// table is a constant that every implementation of an algorithm has, unless it computes it or has
// it in its instructions.
type table struct {
	name  string
	forms [][]byte // its first bytes, as compilers and assemblers write them
}

// cryptTables find a copy of an algorithm whatever its functions are called.
var cryptTables = []table{
	{"AES", slices.Concat(
		[][]byte{sbox[:32], inverseSbox()[:32]}, roundTables(&sbox, 2, 1, 1, 3),
		roundTables(inverseSbox(), 14, 9, 13, 11))},
	{"MD5", words(0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee)},
	{"SHA-256", append(words(0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5),
		words(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a)...)},
	{"SHA-512", append(longs(0x428a2f98d728ae22, 0x7137449123ef65cd),
		longs(0x6a09e667f3bcc908, 0xbb67ae8584caa73b)...)},
	{"SHA-3", longs(0x0000000000000001, 0x0000000000008082, 0x800000000000808a)},
	// the x of the generator, as bytes and as words from the least significant
	{"P-256", [][]byte{generator(), reversed(generator())}},
}

// sbox is the one of AES.
var sbox = makeSbox()

func makeSbox() (box [256]byte) {
	p, q := byte(1), byte(1)
	for {
		p ^= double(p) // times 3
		q ^= q << 1    // divided by 3
		q ^= q << 2
		q ^= q << 4
		if q&0x80 != 0 {
			q ^= 0x09
		}
		x := q ^ bits.RotateLeft8(q, 1) ^ bits.RotateLeft8(q, 2) ^ bits.RotateLeft8(q, 3) ^
			bits.RotateLeft8(q, 4)
		box[p] = x ^ 0x63
		if p == 1 {
			break
		}
	}
	box[0] = 0x63
	return box
}

func inverseSbox() *[256]byte {
	var inverse [256]byte
	for i, x := range sbox {
		inverse[x] = byte(i)
	}
	return &inverse
}

// double is multiplication by 2 in the field of AES.
func double(x byte) byte {
	if x&0x80 != 0 {
		return x<<1 ^ 0x1b
	}
	return x << 1
}

func times(x, factor byte) (product byte) {
	for ; factor > 0; factor >>= 1 {
		if factor&1 != 0 {
			product ^= x
		}
		x = double(x)
	}
	return product
}

// roundTables are the tables in which an S-box and the multiplications after it are one: rotated,
// in both byte orders, and with each word twice.
func roundTables(box *[256]byte, factors ...byte) [][]byte {
	const entries = 8
	var forms [][]byte
	for rotation := range 4 {
		var little, big, littleTwice, bigTwice []byte
		for _, x := range box[:entries] {
			word := uint32(0)
			for _, factor := range factors {
				word = word<<8 | uint32(times(x, factor))
			}
			word = bits.RotateLeft32(word, 8*rotation)
			little = binary.LittleEndian.AppendUint32(little, word)
			big = binary.BigEndian.AppendUint32(big, word)
			double := uint64(word)<<32 | uint64(word)
			littleTwice = binary.LittleEndian.AppendUint64(littleTwice, double)
			bigTwice = binary.BigEndian.AppendUint64(bigTwice, double)
		}
		forms = append(forms, little, big, littleTwice, bigTwice)
	}
	return forms
}

func words(values ...uint32) [][]byte {
	var little, big []byte
	for _, value := range values {
		little = binary.LittleEndian.AppendUint32(little, value)
		big = binary.BigEndian.AppendUint32(big, value)
	}
	return [][]byte{little, big}
}

func longs(values ...uint64) [][]byte {
	var little, big, swapped []byte
	for _, value := range values {
		little = binary.LittleEndian.AppendUint64(little, value)
		big = binary.BigEndian.AppendUint64(big, value)
		// two words, the upper one first
		swapped = binary.LittleEndian.AppendUint64(swapped, bits.RotateLeft64(value, 32))
	}
	return [][]byte{little, big, swapped}
}

func generator() []byte {
	return binary.BigEndian.AppendUint64(
		binary.BigEndian.AppendUint64(nil, 0x6b17d1f2e12c4247), 0xf8bce6e563a440f2)
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

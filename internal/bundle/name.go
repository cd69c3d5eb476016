package bundle

import (
	"crypto/x509"
	"encoding/asn1"
	"unicode/utf8"
)

// Tags that encoding/asn1 has no names for.
const (
	tagVisibleString   = 26
	tagUniversalString = 28
)

// textEnd is what wolf_x509.c hashes after a text.
const textEnd = 0xffffffff

// NameHash is wolf_name_hash() in wolf_x509.c: the same number for names that wolf_name_equal()
// there takes for the same.
func NameHash(name []byte) uint32 {
	h := fnv(2166136261)
	var sets asn1.RawValue
	if _, err := asn1.Unmarshal(name, &sets); err != nil {
		return uint32(h)
	}
	for rest := sets.Bytes; len(rest) > 0; {
		var set asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &set); err != nil || set.Tag != asn1.TagSet {
			break
		}
		h.add(0x20 | asn1.TagSet)
		h.addAttributes(set.Bytes)
	}
	return uint32(h)
}

// fnv is the hash FNV-1a.
type fnv uint32

func (h *fnv) add(p ...byte) {
	for _, b := range p {
		*h = (*h ^ fnv(b)) * 16777619
	}
}

func (h *fnv) addAttributes(rest []byte) {
	for len(rest) > 0 {
		var attribute, oid, value asn1.RawValue
		var err error
		if rest, err = asn1.Unmarshal(rest, &attribute); err != nil {
			return
		}
		valueDER, err := asn1.Unmarshal(attribute.Bytes, &oid)
		if err != nil {
			return
		}
		if end, err := asn1.Unmarshal(valueDER, &value); err != nil || len(end) > 0 {
			return
		}
		h.add(oid.Bytes...)
		if charSize(value) > 0 {
			h.addText(value)
			continue
		}
		h.add(valueDER[0])
		h.add(value.Bytes...)
	}
}

// charSize is the minimum number of bytes of a character of a string; 0 if it is not a text.
func charSize(v asn1.RawValue) int {
	if v.Class != asn1.ClassUniversal || v.IsCompound {
		return 0
	}
	switch v.Tag {
	case asn1.TagUTF8String, asn1.TagPrintableString, asn1.TagT61String, asn1.TagIA5String,
		tagVisibleString:
		return 1
	case asn1.TagBMPString:
		return 2
	case tagUniversalString:
		return 4
	}
	return 0
}

// addText adds the characters of a text in lower case, without the spaces at its ends, and with
// one for several of them elsewhere.
func (h *fnv) addText(v asn1.RawValue) {
	started, blank := false, false
	for text := v.Bytes; len(text) > 0; {
		var c uint32
		c, text = nextChar(v, text)
		if c == ' ' {
			blank = started
			continue
		}
		if blank {
			h.addChar(' ')
		}
		h.addChar(c)
		started, blank = true, false
		if c == textEnd {
			return
		}
	}
	h.addChar(textEnd)
}

func (h *fnv) addChar(c uint32) { h.add(byte(c), byte(c>>8), byte(c>>16), byte(c>>24)) }

// nextChar is the first character of a text, in lower case and with white space as a space, and
// what follows it.
func nextChar(v asn1.RawValue, text []byte) (c uint32, rest []byte) {
	n := charSize(v)
	if v.Tag == asn1.TagUTF8String && text[0] >= 0xc0 {
		c, rest = nextLong(text)
	} else {
		n = min(n, len(text))
		for _, b := range text[:n] {
			c = c<<8 | uint32(b)
		}
		rest = text[n:]
	}
	switch {
	case '\t' <= c && c <= '\r':
		c = ' '
	case 'A' <= c && c <= 'Z':
		c |= 0x20
	}
	return c, rest
}

// nextLong is nextChar for a character of UTF-8 with more than one byte. As in wolf_x509.c, what
// is not UTF-8 gives a number that is no character.
func nextLong(text []byte) (c uint32, rest []byte) {
	n, least := 4, uint32(0x10000)
	switch {
	case text[0] < 0xe0:
		n, least = 2, 0x80
	case text[0] < 0xf0:
		n, least = 3, 0x800
	}
	c = uint32(text[0] & (0xff >> (n + 1)))
	i := 1
	for i < n && i < len(text) && text[i]&0xc0 == 0x80 {
		c = c<<6 | uint32(text[i]&0x3f)
		i++
	}
	if i < n || c < least {
		c |= 0x80000000
	}
	return c, text[i:]
}

// Name is a name for people: the common name, or what there is instead.
func Name(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if name == "" && len(c.Subject.OrganizationalUnit) > 0 {
		name = c.Subject.OrganizationalUnit[0]
	}
	if name == "" {
		name = c.Subject.String()
	}
	if !utf8.ValidString(name) {
		return "?"
	}
	return name
}

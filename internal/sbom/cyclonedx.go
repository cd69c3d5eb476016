package sbom

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// newBOM is a document without components; date may be the zero time.
func newBOM(version string, date time.Time) *cdx.BOM {
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Tools: &cdx.ToolsChoice{Components: &[]cdx.Component{
		{Type: cdx.ComponentTypeApplication, Name: "mpwolf", Version: version},
	}}}
	if !date.IsZero() {
		bom.Metadata.Timestamp = date.Format(time.RFC3339)
	}
	return bom
}

// encode writes a document in version 1.6. Its serial number is made from its content: the same
// firmware has the same document.
func encode(w io.Writer, bom *cdx.BOM) error {
	text, err := json.Marshal(bom)
	if err != nil {
		return fmt.Errorf("write CycloneDX: %w", err)
	}
	bom.SerialNumber = "urn:uuid:" + uuidOf(text)
	encoder := cdx.NewBOMEncoder(w, cdx.BOMFileFormatJSON)
	encoder.SetPretty(true)
	encoder.SetEscapeHTML(false)
	if err := encoder.EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return fmt.Errorf("write CycloneDX: %w", err)
	}
	return nil
}

// uuidOf is a UUID of version 8 (RFC 9562) from a hash.
func uuidOf(text []byte) string {
	sum := sha256.Sum256(text)
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// lastSecond is the last one of the year 9999: later times have no form in RFC 3339.
const lastSecond = 253402300799

// epoch is the time in SOURCE_DATE_EPOCH, which makes documents reproducible; the zero time
// without that.
func epoch() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > lastSecond {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH=%s is no time in seconds", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// properties are from names and values in turn; those without a value are left out.
func properties(words ...string) *[]cdx.Property {
	list := []cdx.Property{}
	for i := 0; i+1 < len(words); i += 2 {
		if words[i+1] != "" {
			list = append(list, cdx.Property{Name: words[i], Value: words[i+1]})
		}
	}
	return &list
}

const wolfSSLGit = "https://github.com/wolfSSL/wolfssl"

// wolfSSLComponent is a release of wolfSSL, as purl and CPE name it.
func wolfSSLComponent(version string) cdx.Component {
	return cdx.Component{Type: cdx.ComponentTypeLibrary, Name: "wolfssl", Version: version,
		PackageURL: wolfSSLPurl(version), CPE: wolfSSLCPE(version),
		Supplier: &cdx.OrganizationalEntity{Name: "wolfSSL Inc."}}
}

func wolfSSLPurl(version string) string {
	return "pkg:github/wolfssl/wolfssl@v" + version + "-stable"
}

func wolfSSLCPE(version string) string {
	return "cpe:2.3:a:wolfssl:wolfssl:" + version + ":*:*:*:*:*:*:*"
}

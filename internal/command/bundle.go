package command

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"mpwolf/internal/bundle"
	"mpwolf/internal/disk"
	"mpwolf/internal/hint"
	"mpwolf/internal/project"
	"mpwolf/internal/shell"
)

const (
	flagOutput  = "output"
	flagChain   = "chain"
	flagConnect = "connect"
	flagShow    = "show"
)

func bundleCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "bundle",
		Usage: "make a CA bundle for a board, or show one",
		Description: `A bundle has trusted certificates with an index, so that a board reads only
those that a connection needs: copy it to /lib/ca.bundle on the board. It is
made from files in PEM or, without any, from what this system trusts. The same
certificates always give the same bytes.

--chain and --connect leave out what certain servers do not need. A server
that changes its CA is then refused.

Examples:
    mpwolf bundle                            # writes ca.bundle
    mpwolf bundle cacert.pem -o lib/ca.bundle
    mpwolf bundle --chain server.pem         # from openssl s_client -showcerts
    mpwolf bundle --connect micropython.org --connect broker.example.com:8883
    mpwolf bundle --show ca.bundle`,
		ArgsUsage: "[FILE...]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: flagOutput, Aliases: []string{"o"}, Value: "ca.bundle",
				Usage: "write the bundle to `FILE`, replacing one that is there"},
			&cli.StringSliceFlag{Name: flagChain,
				Usage: "keep only what the chain in `FILE` (PEM, the server's own certificate " +
					"first) needs"},
			&cli.StringSliceFlag{Name: flagConnect,
				Usage: "connect to `HOST[:PORT]` and keep only what its chain needs; may be " +
					"repeated"},
			&cli.StringFlag{Name: flagShow, Usage: "write nothing; show the bundle `FILE`"},
			formatFlag("text", "json"),
		},
		Action: s.bundle,
	}
}

// bundleResult is what bundle did.
type bundleResult struct {
	File   string       `json:"file"`
	Bytes  int          `json:"bytes"`
	SHA256 string       `json:"sha256"` // of the index, as in the file
	Certs  []bundleCert `json:"certificates"`
}

type bundleCert struct {
	Name      string    `json:"name"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"`
	Bytes     int       `json:"bytes"`
}

func (s *session) bundle(c *cli.Context) error {
	kind, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	file := c.String(flagShow)
	if file != "" {
		for _, flag := range []string{flagOutput, flagChain, flagConnect} {
			if c.IsSet(flag) {
				return project.Usagef("--%s and --%s cannot be combined", flagShow, flag)
			}
		}
		if c.Args().Present() {
			return project.Usagef("--%s takes no other file; got %q", flagShow, c.Args().First())
		}
	} else {
		file = c.String(flagOutput)
		if err := s.makeBundle(c, file); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	certs, err := bundle.Decode(data)
	if err != nil {
		return fmt.Errorf("read %s: %w", shell.Path(file), err)
	}
	r := bundleResult{File: file, Bytes: len(data),
		SHA256: hex.EncodeToString(bundle.Digest(data))}
	for _, cert := range certs {
		digest := sha256.Sum256(cert.Raw)
		r.Certs = append(r.Certs, bundleCert{bundle.Name(cert), cert.NotBefore, cert.NotAfter,
			hex.EncodeToString(digest[:]), len(cert.Raw)})
	}
	if kind == "json" {
		return s.json(r)
	}
	s.showBundle(r)
	return nil
}

func (s *session) showBundle(r bundleResult) {
	for _, c := range r.Certs {
		note := ""
		if time.Now().After(c.NotAfter) {
			note = "  (expired)"
		}
		fmt.Fprintf(s.stdout, "%s to %s  %s  %s%s\n", c.NotBefore.Format(time.DateOnly),
			c.NotAfter.Format(time.DateOnly), c.SHA256, c.Name, note)
	}
	fmt.Fprintf(s.stdout, "%s: %d certificates, %d bytes, index SHA-256 %s\n", shell.Path(r.File),
		len(r.Certs), r.Bytes, r.SHA256)
}

// makeBundle writes a bundle of what the command line names.
func (s *session) makeBundle(c *cli.Context, file string) error {
	roots, err := s.roots(c.Args().Slice())
	if err != nil {
		return err
	}
	chosen, err := s.chooseRoots(c.Context, roots, c.StringSlice(flagChain),
		c.StringSlice(flagConnect))
	if err != nil {
		return err
	}
	data, err := bundle.Encode(chosen)
	if err != nil {
		return err
	}
	const suffix = ".mpwolf-new"
	if err := s.disk.Remove(file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := disk.Write(s.disk, file+suffix, data, 0o644); err != nil {
		return err
	}
	return s.disk.Rename(file+suffix, file)
}

// roots are the certificates in some files or, without any, those of the system.
func (s *session) roots(files []string) ([]*x509.Certificate, error) {
	if len(files) == 0 {
		file := bundle.SystemFile()
		if file == "" {
			return nil, hint.With(errors.New("found no file of certificates that this system "+
				"trusts"), "name one: mpwolf bundle FILE")
		}
		s.say("certificates from %s", file)
		files = []string{file}
	}
	var roots []*x509.Certificate
	for _, file := range files {
		certs, err := s.readPEM(file)
		if err != nil {
			return nil, err
		}
		roots = append(roots, certs...)
	}
	return roots, nil
}

// readPEM reads a file that has at least one certificate. One that cannot be read is left out, and
// reported.
func (s *session) readPEM(file string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	certs, problems := bundle.ParsePEM(text)
	for _, problem := range problems {
		s.complain("left out of %s: %v", shell.Path(file), problem)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("%s has no certificate in PEM", shell.Path(file))
	}
	return certs, nil
}

// chooseRoots are the roots that some servers need or, without any, all of them.
func (s *session) chooseRoots(ctx context.Context, roots []*x509.Certificate, chains,
	hosts []string) ([]*x509.Certificate, error) {
	if len(chains) == 0 && len(hosts) == 0 {
		return roots, nil
	}
	var chosen []*x509.Certificate
	for _, file := range chains {
		chain, err := s.readPEM(file)
		if err != nil {
			return nil, err
		}
		needed, err := bundle.ForChain(roots, chain)
		if err != nil {
			return nil, fmt.Errorf("find the roots of %s: %w", shell.Path(file), err)
		}
		chosen = append(chosen, needed...)
	}
	for _, host := range hosts {
		needed, err := bundle.ForHost(ctx, roots, host)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, needed...)
	}
	return chosen, nil
}

module mpwolf

go 1.26.0

require (
	// mpwolf.toml, the wants, the lists of releases: strictly decoded. go-toml 2.4.3 was tried: it has
	// the lines of unknown keys, but takes [target] for [[target]] without a word, and gives the line of
	// a value that is well formed and wrong only by its package unstable.
	github.com/BurntSushi/toml v1.6.0
	github.com/CycloneDX/cyclonedx-go v0.12.0 // the VEX document of audit, and the bill of materials
	github.com/go-git/go-billy/v5 v5.9.2 // the file systems that go-git's storage takes
	github.com/go-git/go-git/v5 v5.19.3 // clones, submodules and commits without a git program; unified diffs
	github.com/gofrs/flock v0.13.1 // one mpwolf at a time on a tree; the system frees the lock of a killed process
	github.com/rogpeppe/go-internal v1.16.0 // testscript, for the command line's tests; locks of the cache
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // tests only: the JSON and SARIF that we write, against their schemas
	github.com/sergi/go-diff v1.4.0 // which lines are ours in a file that was edited since
	github.com/spdx/tools-golang v0.5.7 // the bill of materials as SPDX
	github.com/ulikunitz/xz v0.5.17 // Debian's archives are .tar.xz
	github.com/urfave/cli/v2 v2.27.7 // the command line
	go.yaml.in/yaml/v3 v3.0.5 // tests only: action.yml and templates/mpwolf.yml
	golang.org/x/sync v0.25.0 // errgroup: files of wolfSSL are copied several at once
	golang.org/x/sys v0.49.0 // syncing a directory's file system on Linux
	golang.org/x/term v0.47.0 // is this a terminal
)

require (
	dario.cat/mergo v1.0.0 // indirect
	github.com/Microsoft/go-winio v0.6.2 // indirect
	github.com/ProtonMail/go-crypto v1.1.6 // indirect
	github.com/anchore/go-struct-converter v0.1.0 // indirect
	github.com/cloudflare/circl v1.6.3 // indirect
	github.com/cpuguy83/go-md2man/v2 v2.0.7 // indirect
	github.com/cyphar/filepath-securejoin v0.6.1 // indirect
	github.com/emirpasic/gods v1.18.1 // indirect
	github.com/go-git/gcfg v1.5.1-0.20230307220236-3a3c6141e376 // indirect
	github.com/golang/groupcache v0.0.0-20241129210726-2c02b8208cf8 // indirect
	github.com/jbenet/go-context v0.0.0-20150711004518-d14ea06fba99 // indirect
	github.com/kevinburke/ssh_config v1.2.0 // indirect
	github.com/pjbgf/sha1cd v0.7.0 // indirect
	github.com/russross/blackfriday/v2 v2.1.0 // indirect
	github.com/skeema/knownhosts v1.3.1 // indirect
	github.com/xanzy/ssh-agent v0.3.3 // indirect
	github.com/xrash/smetrics v0.0.0-20240521201337-686a1a2994c1 // indirect
	golang.org/x/crypto v0.56.0 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	golang.org/x/tools v0.48.0 // indirect
	gopkg.in/warnings.v0 v0.1.2 // indirect
)

package modules

// A Behaviour is what programs meet from a release of MicroPython on, 1.Minor, though no name was
// added or removed. It is the built-in module's, which ours follows.
type Behaviour struct {
	Minor int
	Text  string
}

// Behaviours are in the order of the releases. A test compares the releases with the conditions in
// the C sources.
func Behaviours() []Behaviour {
	return []Behaviour{
		{20, "ssl: CERT_NONE, CERT_OPTIONAL and CERT_REQUIRED are in the module"},
		{21, "the modules are ssl, hashlib and cryptolib; ussl, uhashlib and ucryptolib are " +
			"other names for them"},
		{22, "ssl: CERT_REQUIRED needs server_hostname in a client's wrap_socket"},
		{23, "ssl: the module is micropython-lib's, in Python, over the new module tls; its " +
			"wrap_socket takes keys and certificates as file names, too"},
		{25, "ssl: DTLS, with PROTOCOL_DTLS_CLIENT and PROTOCOL_DTLS_SERVER"},
		{26, "tls: a DTLS server's wrap_socket needs client_id; its first reply to a client " +
			"ends the attempt, and the program calls wrap_socket again"},
	}
}

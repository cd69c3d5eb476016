package verify

// Rule says what a check is about, for those who have only its findings.
type Rule struct {
	ID      string
	Summary string // what must be true
	Help    string // what a finding means, and what to do
}

// Rules are those of all checks, in their order.
var Rules = []Rule{
	{MacrosID, "Every macro has the value that wolfSSL needs, as the compiler sees it.",
		"A macro of MicroPython's, or a make variable, has another value than the port's wants say: the built-in TLS would " +
			"still be on, or wolfSSL would lack what it needs. `mpwolf explain MACRO` shows every line that sets it; " +
			"`mpwolf patch` sets it."},
	{SymbolsID, "No symbol is defined twice in the objects and archives of the link.",
		"Two definitions of one symbol meet in the firmware. Linkers report this for objects only: of two archives, or of a " +
			"weak and a strong definition, they take one and say nothing. The message names both, and the known cause."},
	{LeftoversID, "Nothing of mbedTLS or axTLS is in the firmware, and no hash or cipher is linked twice.",
		"An object, a symbol or a text of the built-in TLS or crypto is in the firmware beside wolfSSL: flash is wasted, and " +
			"Python code may get the one that nobody wants. The fix names the macros to turn off."},
	{ModulesID, "The modules are registered, once each, by the user modules.",
		"Python would not find a module, or would find another one than the one that was built. The usual cause is " +
			"a `USER_C_MODULES` that is not the right folder: make says nothing about it."},
	{SettingsID, "The user_settings.h and the wolfSSL that were meant were compiled, and no setting is dangerous.",
		"The dependency files of the build show which settings and which sources were really compiled, and the compiler " +
			"shows each setting's value. A dangerous one makes TLS a pretence."},
	{SizeID, "The firmware fits into the memories of the board, and into the limits that were given.",
		"The sizes are those of the linked firmware. The message names the largest parts, the fix the settings that make " +
			"wolfSSL smaller."},
	{RunID, "The firmware passes the known answers of its algorithms, and handshakes in memory.",
		"A script failed on the firmware itself. The fix is the command that runs it by hand."},
}

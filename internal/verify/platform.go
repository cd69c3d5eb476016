package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mpwolf/internal/objects"
)

// supply is a function from which wolfSSL gets what only the platform has.
type supply struct {
	function string // "*" at its end stands for anything
	what     string
}

// seeds are where wolfcrypt/src/random.c gets the seeds of its generator from.
var seeds = []supply{
	{"getrandom", "the kernel"},
	{"getentropy", "the kernel"},
	{"open*", "a device such as /dev/urandom"},
	{"wc_GenerateRand_IntelRD*", "the processor's RDSEED"},
	{"mp_hal_get_random", "MicroPython's port"},
	{"esp_fill_random", "the ESP's generator"},
	{"rng_get", "MicroPython's stm32 port"},
	{"mp_hal_get_hw_random_u32", "MicroPython's stm32 port"},
	{"HAL_RNG_*", "ST's HAL"},
	{"wolfssl_port_seed", "this port's wolfssl_port.c"},
}

// clocks are where wolfcrypt/src/asn.c gets the time from.
var clocks = []supply{
	{"time", "the C library, or the port in its place"},
	{"gettimeofday", "the C library, or the port in its place"},
	{"wolfssl_port_time", "this port's wolfssl_port.c"},
	{"stm32_hal_time", "ST's HAL"},
	{"wc_Time", "the application"},
}

// supplied are the functions of a kind that the compiled wolfSSL calls, each with what defines it
// in this link. What an object of wolfSSL's needs is in its undefined symbols, whatever settings
// led to it.
func (v settingsCheck) supplied(used []wolfObject, kinds []supply) []string {
	var found []string
	for _, u := range used {
		base := strings.TrimSuffix(filepath.Base(u.object.File), filepath.Ext(u.object.File))
		if base != "random" && base != "asn" && base != "wc_port" {
			continue
		}
		for _, symbol := range u.object.Undefined {
			i := slices.IndexFunc(kinds, func(k supply) bool {
				return objects.MatchesAny([]string{k.function}, symbol)
			})
			if i < 0 || base == "wc_port" && strings.HasPrefix(symbol, "open") {
				continue
			}
			text := fmt.Sprintf("%s (%s)", symbol, v.suppliedBy(symbol, kinds[i].what))
			if !slices.Contains(found, text) {
				found = append(found, text)
			}
		}
	}
	return found
}

// suppliedBy is the source that defines a symbol, or what is known of it.
func (v settingsCheck) suppliedBy(symbol, what string) string {
	for _, o := range v.inputs.objects {
		for _, d := range o.Defs {
			if d.Symbol == symbol && !o.System {
				return v.source(o)
			}
		}
	}
	return what
}

// weakRandom explains the one way in which this project builds TLS on random numbers that are
// predictable: the board has no generator, and its owner said so.
func (v settingsCheck) weakRandom(ctx context.Context, c *check) error {
	const told, hardware = "MICROPY_WOLFSSL_WEAK_RANDOM", "MICROPY_HW_ENABLE_RNG"
	values, err := v.flags.Effective(ctx, []string{told, hardware})
	if err != nil {
		if v.blocked != "" {
			return nil
		}
		return err
	}
	if values[told].Number != 0 && values[hardware].Number == 0 {
		c.notes = append(c.notes, Finding{
			Message: told + " is set, and the board has no hardware random number generator: " +
				"who can guess its state reads every connection",
			File: values[told].File, Line: values[told].Line,
		})
	}
	return nil
}

package verify

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPage opens the page in headless Chromium, which MPWOLF_TEST_CHROMIUM names: nothing is
// wider than a phone's screen, each text has the contrast that WCAG 2.2 asks for in both schemes,
// print shows what is folded, and both a click and the keyboard alone lead into a part of a
// treemap, down to the symbols of a source, and back. With MPWOLF_TEST_PAGE, a page of real
// firmware is opened instead.
func TestPage(t *testing.T) {
	program := os.Getenv("MPWOLF_TEST_CHROMIUM")
	if program == "" {
		t.Skip("NOT TESTED: the page in a browser; set MPWOLF_TEST_CHROMIUM to Chromium's program")
	}
	file := os.Getenv("MPWOLF_TEST_PAGE")
	if file == "" {
		file = filepath.Join(t.TempDir(), "verify.html")
		out, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := htmlSample().HTML(out); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	b := openBrowser(t, program, "file://"+file)
	if shot := os.Getenv("MPWOLF_TEST_SCREENSHOT"); shot != "" {
		b.size(900, 1270)
		b.shoot(shot)
	}
	for _, width := range []int{360, 1280} {
		b.size(width, 800)
		b.number("document.querySelectorAll('details').forEach(d => d.open = true), 0")
		if over := b.number("document.documentElement.scrollWidth - innerWidth"); over > 0 {
			t.Errorf("at %d pixels, the page is %v pixels too wide: %s", width, over, b.text(wide))
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		b.media("screen", scheme)
		b.number("document.querySelectorAll('details').forEach(d => d.open = true), 0")
		if low := b.text(lowContrast); low != "" {
			t.Errorf("%s: too little contrast: %s", scheme, low)
		}
		if n := b.number("document.body.innerText.length"); n < 500 {
			t.Errorf("%v characters of text only", n)
		}
	}
	b.number("document.querySelectorAll('details').forEach(d => d.open = false), 0")
	const folded = "document.querySelector('details p').checkVisibility() ? 1 : 0"
	b.media("print", "light")
	if b.number(folded) == 0 {
		t.Error("print leaves out what is folded")
	}
	b.media("screen", "light")
	if b.number(folded) != 0 {
		t.Error("closed details are open on a screen")
	}

	// By the keyboard: Tab to the first part, Enter, Tab to the link back, Enter.
	b.size(1280, 800)
	b.number("scrollTo(0, 0), 0")
	const onPart = "document.activeElement.closest('svg') ? 1 : 0"
	for range 60 {
		if b.key("Tab", 9); b.number(onPart) == 1 {
			break
		}
	}
	if b.number(onPart) != 1 {
		t.Fatal("Tab reaches no part of a treemap")
	}
	b.key("Enter", 13)
	b.zoomed("Enter")
	whole := b.text("document.querySelector('h4').textContent")
	b.key("Tab", 9)
	if got := b.text("document.activeElement.textContent"); got != "Back to "+whole {
		t.Errorf("Tab leads to %q in the part", got)
	}

	// On to the symbols of a source: always into the first part that has parts.
	const deepest = `(() => {
const d = document.querySelector(location.hash).closest('details');
return d.querySelector('svg a') ? 1 : 0;
})()`
	depth := 1
	for ; depth < 5 && b.number(deepest) == 1; depth++ {
		b.key("Tab", 9)
		b.key("Enter", 13)
		b.zoomed("Enter")
		b.key("Tab", 9) // to the link back
	}
	const symbols = `[...document.querySelector(location.hash).closest('details')
.querySelectorAll('td:first-child')].filter(e => /^\w+$/.test(e.textContent) &&
e.checkVisibility()).length`
	if depth < 2 || b.number(deepest) == 1 || b.number(symbols) == 0 {
		t.Errorf("after %d steps, there are %v symbols", depth, b.number(symbols))
	}
	for ; depth > 0; depth-- {
		b.key("Enter", 13)
		b.key("Tab", 9) // from a map that is a part to its link back
	}
	if got := b.text("document.querySelector(location.hash).localName"); got != "h4" {
		t.Errorf("back leads to %q", got)
	}

	// By the mouse.
	b.number("location.hash = '', document.querySelectorAll('details').forEach(d => " +
		"d.open = false), document.querySelector('svg a').scrollIntoView({block: 'center'}), 0")
	const middle = "(() => { const r = document.querySelector('svg a rect')" +
		".getBoundingClientRect(); return r.%s + r.%s / 2 })()"
	b.click(b.number(fmt.Sprintf(middle, "left", "width")),
		b.number(fmt.Sprintf(middle, "top", "height")))
	b.zoomed("a click")
}

// wide names what leads beyond the right edge.
const wide = `[...document.querySelectorAll('body *')].filter(e => !e.closest('svg, .wide, pre') &&
e.getBoundingClientRect().right > innerWidth).map(e => e.localName + ' ' +
e.textContent.slice(0, 40)).join('; ')`

// lowContrast names the texts whose contrast is below 4.5.
const lowContrast = `(() => {
const probe = document.body.appendChild(document.createElement('i'));
probe.style.background = 'Canvas';
const canvas = getComputedStyle(probe).backgroundColor;
probe.remove();
const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = colour => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour;
  paint.fillRect(0, 0, 1, 1); return [...paint.getImageData(0, 0, 1, 1).data]; };
const light = colour => rgb(colour).slice(0, 3).map(c => (c /= 255) <= 0.04045 ? c / 12.92 :
  ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = e => { for (; e; e = e.parentElement) {
  const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] === 255) return c; }
  return canvas; };
const low = new Set();
let looked = 0;
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement;
  if (!walk.currentNode.data.trim() || e.localName === 'title') continue;
  const svg = e.localName === 'text', style = getComputedStyle(e);
  const a = light(svg ? style.fill : style.color);
  const b = light(svg ? e.parentElement.querySelector('rect').getAttribute('fill') : ground(e));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  looked++;
  if (ratio < 4.5) low.add(e.localName + ' ' + walk.currentNode.data.trim().slice(0, 30) + ' ' +
    ratio.toFixed(2));
}
return looked < 20 ? 'looked at ' + looked + ' texts only' : [...low].join('; ');
})()`

// browser is Chromium with one page, over the pipe of its debugging protocol.
type browser struct {
	t       *testing.T
	in      *os.File
	out     *bufio.Reader
	last    int
	session string
}

func openBrowser(t *testing.T, program, url string) *browser {
	t.Helper()
	theirs, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu",
		"--hide-scrollbars", "--remote-debugging-pipe", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, ours}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	ours.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		b.call("Browser.close", nil, nil)
		in.Close()
		_ = cmd.Wait()
		timer.Stop()
		out.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget",
		map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	for range 200 {
		if b.text("location.href + document.readyState") == url+"complete" {
			b.call("Page.bringToFront", nil, nil)
			return b
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not load", url)
	return nil
}

// call makes one call and waits for its reply; events are passed over.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.last++
	message := map[string]any{"id": b.last, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" && method != "Browser.close" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err == nil {
		_, err = b.in.Write(append(text, 0))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var reply struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &reply); err != nil {
			b.t.Fatal(err)
		}
		switch {
		case reply.ID != b.last:
			continue
		case reply.Error != nil:
			b.t.Fatalf("%s: %s", method, reply.Error.Message)
		case result != nil:
			if err := json.Unmarshal(reply.Result, result); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
}

func (b *browser) eval(expression string, value any) {
	b.t.Helper()
	var reply struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate",
		map[string]any{"expression": expression, "returnByValue": true}, &reply)
	if reply.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, reply.ExceptionDetails)
	}
	if err := json.Unmarshal(reply.Result.Value, value); err != nil {
		b.t.Fatalf("%s: %s: %v", expression, reply.Result.Value, err)
	}
}

func (b *browser) text(expression string) (s string) {
	b.t.Helper()
	b.eval(expression, &s)
	return s
}

func (b *browser) number(expression string) (n float64) {
	b.t.Helper()
	b.eval(expression, &n)
	return n
}

func (b *browser) size(width, height int) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width,
		"height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

func (b *browser) media(kind, scheme string) {
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": kind, "features": []any{
		map[string]string{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

func (b *browser) key(name string, code int) {
	for _, kind := range []string{"rawKeyDown", "char", "keyUp"} {
		event := map[string]any{"type": kind, "key": name, "code": name,
			"windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
		if kind == "char" {
			if name != "Enter" {
				continue
			}
			event["text"] = "\r"
		}
		b.call("Input.dispatchKeyEvent", event, nil)
	}
}

func (b *browser) click(x, y float64) {
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y,
			"button": "left", "clickCount": 1}, nil)
	}
}

// zoomed checks that the map of a part is open, and on the screen.
func (b *browser) zoomed(how string) {
	b.t.Helper()
	const seen = `(() => {
const part = location.hash && document.querySelector(location.hash);
const d = part && part.closest('details');
if (!d) return 'no part: ' + location.hash;
const box = d.querySelector('svg').getBoundingClientRect();
return !d.open ? 'closed' : box.height < 50 || box.top > innerHeight ? 'not in sight' : 'seen';
})()`
	got := ""
	for range 40 {
		if got = b.text(seen); got == "seen" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Errorf("%s on a part of the map: %s", how, got)
}

func (b *browser) shoot(file string) {
	b.t.Helper()
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	text, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

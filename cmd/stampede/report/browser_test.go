package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var shots = flag.String("shots", "", "`folder` for pictures of the page, for people to look at")

// browser gives the browser of this machine. Without one the test is skipped.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "google-chrome", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no browser here")
	return ""
}

// watch is added at a page's head: it writes down what goes wrong.
const watch = `<script>
const wrong = [];
addEventListener("error", e => wrong.push(e.message));
</script>`

// probe is added to a page: it moves over every plot, and writes down what is there.
const probe = `<script>
setTimeout(() => {
  const said = wrong.map(e => "WRONG " + e);
  for (const f of document.querySelectorAll("figure")) {
    const svg = f.querySelector("svg");
    if (f.hidden) { said.push(f.id + " hidden"); continue; }
    const box = svg.getBoundingClientRect();
    const clientX = box.left + 58 + (box.width - 80) * 22 / 60, clientY = box.top + 50;
    svg.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
    const count = what => svg.querySelectorAll(what).length, text = tip.innerText.replace(/\s+/g, " ");
    said.push([f.id, count("path"), count(".fault"), tip.hidden, text].join(" | "));
  }
  const all = document.documentElement;
  said.push("wide " + (all.scrollWidth > all.clientWidth) + " " + all.clientWidth);
  const p = document.createElement("pre"); p.id = "said"; p.textContent = said.join("\n"); document.body.append(p);
}, 500);
</script>`

// page writes a page with the probe and gives what the browser made of it.
func probed(t *testing.T, write func(w *bytes.Buffer) error, size string) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "page.html")
	page := strings.Replace(strings.Replace(b.String(), "</body>", probe+"</body>", 1), "<head>", "<head>"+watch, 1)
	if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(browser(t), "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--window-size="+size,
		"--virtual-time-budget=3000", "--dump-dom", "file://"+name)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the browser: %v", err)
	}
	text := string(out)
	_, said, ok := strings.Cut(text, `<pre id="said">`)
	if !ok || strings.Contains(text, "\nWRONG ") || strings.Contains(text, ">WRONG ") {
		t.Fatalf("the page's script did not come to its end: %.3000s", text[max(0, len(text)-600):])
	}
	said, _, _ = strings.Cut(said, "</pre>")
	return said
}

// TestPage wants the plots to be drawn in a real browser, with a line of each series, the
// faults as marks, and values under the pointer; on a desk and on a phone.
func TestPage(t *testing.T) {
	browser(t)
	r, other := untrue(), sample(2)
	r.Judge()
	other.Judge()
	one := func(w *bytes.Buffer) error { return WriteHTML(w, r) }
	two := func(w *bytes.Buffer) error { return CompareHTML(w, r, other) }
	for _, x := range []struct {
		name  string
		write func(w *bytes.Buffer) error
		size  string
		want  []string
	}{
		{"desk", one, "1280,900", []string{"latency | 4 | 2 | false | 22 s max", "p50 40.0 ms",
			"statuses | 6 | 2 | false |", "tickets | 2 | 2 | false", "sold",
			"people | 2 | 2", "waiting", "behind | 1 |", "wide false"}},
		{"phone", one, "500,800", []string{"latency | 4 | 2 | false", "wide false"}},
		{"two", two, "1280,900", []string{"latency | 4 | 4 | false", "p50 A", "p50 B", "statuses | 8 | 4", "2xx A",
			"wide false"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			said := probed(t, x.write, x.size)
			for _, want := range x.want {
				if !strings.Contains(said, want) {
					t.Errorf("the page does not say %q:\n%s", want, said)
				}
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		r := &Result{Scenario: "empty"}
		r.Judge()
		if said := probed(t, func(w *bytes.Buffer) error { return WriteHTML(w, r) }, "1280,900"); strings.Contains(said,
			"NaN") {
			t.Error(said)
		}
	})
	pictures(t, one, two)
}

// pictures takes pictures of the pages where -shots asks for them.
func pictures(t *testing.T, one, two func(w *bytes.Buffer) error) {
	if *shots == "" {
		return
	}
	for name, write := range map[string]func(w *bytes.Buffer) error{"one": one, "two": two} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		page := filepath.Join(*shots, name+".html")
		if err := os.WriteFile(page, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		for look, args := range map[string][]string{
			"light": {"--window-size=1280,2600"}, "phone": {"--window-size=500,3600"},
			"dark": {"--window-size=1280,2600", "--blink-settings=preferredColorScheme=0"},
		} {
			args = append(args, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
				"--user-data-dir="+t.TempDir(),
				fmt.Sprintf("--screenshot=%s/%s-%s.png", *shots, name, look), "file://"+page)
			if out, err := exec.Command(browser(t), args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", look, err, out)
			}
		}
	}
}

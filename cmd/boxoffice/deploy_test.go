package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// strict decodes the next YAML document into v; a member that v has not is an error.
func strict(t *testing.T, d *yaml.Decoder, v any) bool {
	t.Helper()
	d.KnownFields(true)
	err := d.Decode(v)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return err == nil
}

func open(t *testing.T, path string) *yaml.Decoder {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return yaml.NewDecoder(strings.NewReader(string(text)))
}

// nodeConfig is the configuration of a node by its environment, as it would be
// loaded there. Files of a container are not here: they are left out.
func nodeConfig(t *testing.T, environ map[string]string) Config {
	t.Helper()
	w := newWorld()
	for name, value := range environ {
		if value == "@/certs/gossip.key" {
			value = strings.Repeat("0f", 32)
		}
		w.environ = append(w.environ, name+"="+value)
	}
	c, _, err := loadConfig(nil, w.environment)
	if err != nil {
		t.Errorf("%v: %v", environ, err)
	}
	if s := w.strangers(); len(s) > 0 {
		t.Errorf("no options: %v", s)
	}
	return c
}

// oneCluster: the nodes' configurations make one cluster, on ports that the image
// has, with the sandbox where it listens.
func oneCluster(t *testing.T, nodes []Config, host func(Config) string, sandbox []string) {
	t.Helper()
	founders := 0
	for _, c := range nodes {
		if c.Founder() {
			founders++
		}
		if !slices.Contains(c.Join, c.Cluster) || len(c.Join) != 3 || c.Cluster != host(c)+":7400" ||
			!slices.Equal(c.Join, nodes[0].Join) || c.HTTP != "0.0.0.0:8080" || c.SandboxURL != nodes[0].SandboxURL {
			t.Errorf("%+v", c)
		}
	}
	if founders != 1 {
		t.Errorf("%d nodes found a cluster", founders)
	}
	var s sandboxConfig
	if len(sandbox) == 0 || sandbox[0] != "sandbox" {
		t.Fatalf("the sandbox is started with %q", sandbox)
	}
	if rest, err := load(s.options(), sandbox[1:], newWorld().environment); err != nil || len(rest) > 0 ||
		!strings.HasPrefix(s.ledger, "/data/") {
		t.Errorf("%v %v", rest, err)
	}
	if _, port, err := splitAddress(s.listen); err != nil || !strings.HasSuffix(nodes[0].SandboxURL, fmt.Sprint(":",
		port)) {
		t.Errorf("nodes pay at %s, the sandbox listens on %s", nodes[0].SandboxURL, s.listen)
	}
}

type composeService struct {
	Image           string            `yaml:"image"`
	PullPolicy      string            `yaml:"pull_policy"`
	Restart         string            `yaml:"restart"`
	StopGracePeriod string            `yaml:"stop_grace_period"`
	DependsOn       []string          `yaml:"depends_on"`
	Hostname        string            `yaml:"hostname"`
	Environment     map[string]string `yaml:"environment"`
	Command         []string          `yaml:"command"`
	Ports, Volumes  []string
	Healthcheck     struct {
		Test              []string
		Interval, Timeout string
	}
}

// deploy/compose.yaml starts three nodes that make one cluster.
func TestCompose(t *testing.T) {
	var f struct {
		Name        string
		Node        composeService    `yaml:"x-node"`
		Environment map[string]string `yaml:"x-environment"`
		Services    map[string]composeService
		Volumes     map[string]struct{}
	}
	strict(t, open(t, "deploy/compose.yaml"), &f)
	var nodes []Config
	published := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(f.Services)) {
		s := f.Services[name]
		if _, volume := f.Volumes[name]; !volume || !slices.Equal(s.Volumes, []string{name + ":/data"}) ||
			s.Image != "boxoffice" {
			t.Errorf("%s: %+v", name, s)
		}
		if name == "sandbox" {
			continue
		}
		token := s.Environment["BOXOFFICE_ADMIN_TOKEN"]
		delete(s.Environment, "BOXOFFICE_ADMIN_TOKEN") // compose puts it there
		environ := maps.Clone(s.Environment)
		environ["BOXOFFICE_DATA"] = "/data" // the image's
		c := nodeConfig(t, environ)
		if token != "${BOXOFFICE_ADMIN_TOKEN:-}" || c.Node != name || s.Hostname != name || len(s.Ports) != 1 ||
			published[s.Ports[0]] || !strings.HasSuffix(s.Ports[0], ":8080") || !slices.Equal(s.DependsOn,
			[]string{"sandbox"}) {
			t.Errorf("%s: %+v", name, s)
		}
		published[s.Ports[0]] = true
		nodes = append(nodes, c)
	}
	sandbox := f.Services["sandbox"]
	oneCluster(t, nodes, func(c Config) string { return c.Node }, sandbox.Command)
	test := sandbox.Healthcheck.Test
	if len(test) < 3 || test[0] != "CMD" || test[1] != "/boxoffice" {
		t.Fatalf("the sandbox's health check is %q", test)
	}
	if c, _, ok := find(test[2:]); !ok || c.name != "healthcheck" {
		t.Errorf("the sandbox's health check is %q", test)
	}
}

// The image: its ports and paths are what the files use.
func TestImage(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"EXPOSE 8080 7400/tcp 7400/udp 7401 7402\n", "BOXOFFICE_DATA=/data",
		"BOXOFFICE_HTTP=0.0.0.0:8080", `ENTRYPOINT ["/boxoffice"]`, "USER 65532:65532\n", "/out/tmp /tmp\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the Dockerfile has no %s", want)
		}
	}
}

// spec decodes an object's spec, strictly.
func (o kubeObject) spec(t *testing.T, v any) {
	t.Helper()
	text, err := yaml.Marshal(&o.Spec)
	if err != nil {
		t.Fatal(err)
	}
	strict(t, yaml.NewDecoder(strings.NewReader(string(text))), v)
}

// kubeObjects reads deploy/kubernetes.yaml and sorts its objects by kind and name.
func kubeObjects(t *testing.T) map[string]kubeObject {
	t.Helper()
	all := map[string]kubeObject{}
	for d := open(t, "deploy/kubernetes.yaml"); ; {
		var o kubeObject
		if !strict(t, d, &o) {
			return all
		}
		name := o.Kind + "/" + o.Metadata.Name
		if _, twice := all[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		all[name] = o
	}
}

// deploy/kubernetes.yaml starts three nodes that make one cluster, with its own
// services, probes and policies.
func TestKubernetes(t *testing.T) {
	all := kubeObjects(t)
	var set, pay kubeSet
	all["StatefulSet/boxoffice"].spec(t, &set)
	all["Deployment/boxoffice-sandbox"].spec(t, &pay)
	var headless, public, sandbox kubeService
	all["Service/boxoffice-nodes"].spec(t, &headless)
	all["Service/boxoffice"].spec(t, &public)
	all["Service/boxoffice-sandbox"].spec(t, &sandbox)
	var budget kubeBudget
	all["PodDisruptionBudget/boxoffice"].spec(t, &budget)
	var claim kubeClaim
	all["PersistentVolumeClaim/boxoffice-sandbox"].spec(t, &claim)
	if len(all) != 9 || budget.MaxUnavailable != 1 || set.Replicas != 3 || headless.ClusterIP != "None" ||
		!headless.PublishNotReady || set.ServiceName != "boxoffice-nodes" || pay.Strategy.Type != "Recreate" {
		t.Errorf("%d objects, %+v, %+v", len(all), budget, headless)
	}
	pod := set.Template.Metadata.Labels
	for _, l := range []labels{set.Selector.MatchLabels, headless.Selector, public.Selector,
		budget.Selector.MatchLabels} {
		if !maps.Equal(l, pod) {
			t.Errorf("%v selects no %v", l, pod)
		}
	}
	var nodes []Config
	for i := range set.Replicas {
		nodes = append(nodes, kubeNode(t, set.Template.Spec.Containers[0], fmt.Sprintf("boxoffice-%d", i)))
	}
	oneCluster(t, nodes, func(c Config) string { return c.Node + ".boxoffice-nodes" },
		pay.Template.Spec.Containers[0].Args)
	checkKubePod(t, set.Template.Spec, headless, public)
	checkKubePod(t, pay.Template.Spec, sandbox)
	if u := nodes[0].SandboxURL; u != fmt.Sprintf("http://boxoffice-sandbox:%d", sandbox.Ports[0].Port) {
		t.Errorf("nodes pay at %s", u)
	}
	checkKubePolicies(t, all, set.Template.Spec.Containers[0].Ports, pod)
	if s := set.Template.Spec; s.Grace < s.Containers[0].Lifecycle.PreStop.Sleep.Seconds+int(stopWithin.Seconds()) {
		t.Errorf("a node is killed after %d s", s.Grace)
	}
}

// kubeNode is the configuration of one pod of the set.
func kubeNode(t *testing.T, c kubeContainer, name string) Config {
	t.Helper()
	environ := map[string]string{}
	for _, e := range c.Env {
		value := strings.ReplaceAll(e.Value, "$(BOXOFFICE_NODE)", environ["BOXOFFICE_NODE"])
		switch {
		case e.ValueFrom.FieldRef.FieldPath == "metadata.name":
			value = name
		case e.ValueFrom.SecretKeyRef.Name != "":
			value = "secret"
		}
		environ[e.Name] = value
	}
	cfg := nodeConfig(t, environ)
	if cfg.Cert != "/certs/"+name+".pem" || cfg.Key != "/certs/"+name+".key" || cfg.CA != "/certs/ca.pem" ||
		cfg.Insecure || cfg.AdminToken == "" || cfg.Data != "/data" || !slices.Equal(c.Args, []string{"serve"}) {
		t.Errorf("%s: %+v", name, cfg)
	}
	return cfg
}

// checkKubePod: ports have one name and number everywhere, probes ask what a node
// answers, and what is mounted is there.
func checkKubePod(t *testing.T, p kubePod, services ...kubeService) {
	t.Helper()
	c := p.Containers[0]
	ports := map[string]int{}
	for _, port := range c.Ports {
		ports[port.Name] = port.ContainerPort
	}
	for _, s := range services {
		for _, port := range s.Ports {
			at := ports[port.TargetPort]
			if at == 0 || s.ClusterIP == "None" && port.Port != at {
				t.Errorf("%+v leads nowhere: %v", port, ports)
			}
		}
	}
	contract, err := os.ReadFile("../../httpapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, probe := range []kubeProbe{c.Startup, c.Liveness, c.Readiness} {
		if get := probe.HTTPGet; get.Path != "" && (ports[get.Port] == 0 ||
			!strings.Contains(string(contract), "\n  "+get.Path+":\n")) {
			t.Errorf("a probe asks %+v", get)
		}
	}
	volumes := []string{"data"} // of the set's claims
	for _, v := range p.Volumes {
		volumes = append(volumes, v.Name)
	}
	for _, m := range c.Mounts {
		if !slices.Contains(volumes, m.Name) {
			t.Errorf("volume %s is not there", m.Name)
		}
	}
	if s := p.Security; !s.NonRoot || s.User != 65532 || s.FSGroup != 65532 || c.Security.Escalation ||
		!c.Security.ReadOnly {
		t.Errorf("%s: %+v %+v", c.Name, s, c.Security)
	}
}

// checkKubePolicies: only nodes reach what is for nodes.
func checkKubePolicies(t *testing.T, all map[string]kubeObject, ports []kubePort, pod labels) {
	t.Helper()
	var nodes, sandbox kubePolicy
	all["NetworkPolicy/boxoffice"].spec(t, &nodes)
	all["NetworkPolicy/boxoffice-sandbox"].spec(t, &sandbox)
	var open, closed []string
	for _, in := range nodes.Ingress {
		for _, p := range in.Ports {
			if len(in.From) == 0 {
				open = append(open, p.Port)
			} else if maps.Equal(in.From[0].PodSelector.MatchLabels, pod) {
				closed = append(closed, p.Port)
			}
		}
	}
	if !slices.Equal(open, []string{"http"}) || len(open)+len(closed) != len(ports) ||
		!maps.Equal(sandbox.Ingress[0].From[0].PodSelector.MatchLabels, pod) {
		t.Errorf("open to all: %v, to nodes: %v", open, closed)
	}
	for i, port := range []int{7400, 7400, 7401, 7402} { // three in a row, the first with UDP too
		if got := ports[i+1]; got.ContainerPort != port {
			t.Errorf("port %s is %s", got.Name, strconv.Itoa(got.ContainerPort))
		}
	}
}

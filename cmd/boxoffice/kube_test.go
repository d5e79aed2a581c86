package main

import "go.yaml.in/yaml/v3"

// The part of Kubernetes' objects that deploy/kubernetes.yaml uses.
type (
	labels   map[string]string
	selector struct {
		MatchLabels labels `yaml:"matchLabels"`
	}
	kubePort struct {
		Name          string
		Port          int
		TargetPort    string `yaml:"targetPort"`
		ContainerPort int    `yaml:"containerPort"`
		Protocol      string
	}
	kubeMeta struct {
		Name   string
		Labels labels
	}
	kubeObject struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   kubeMeta
		Spec       yaml.Node
	}
	kubeService struct {
		ClusterIP       string `yaml:"clusterIP"`
		PublishNotReady bool   `yaml:"publishNotReadyAddresses"`
		Selector        labels
		Ports           []kubePort
	}
	kubeBudget struct {
		MaxUnavailable int `yaml:"maxUnavailable"`
		Selector       selector
	}
	kubePolicy struct {
		PodSelector selector `yaml:"podSelector"`
		PolicyTypes []string `yaml:"policyTypes"`
		Ingress     []struct {
			From []struct {
				PodSelector selector `yaml:"podSelector"`
			}
			Ports []struct{ Port, Protocol string }
		}
	}
	kubeClaim struct {
		AccessModes []string `yaml:"accessModes"`
		Resources   struct{ Requests labels }
	}
	kubeSet struct {
		ServiceName         string `yaml:"serviceName"`
		Replicas            int
		PodManagementPolicy string `yaml:"podManagementPolicy"`
		MinReadySeconds     int    `yaml:"minReadySeconds"`
		Strategy            struct{ Type string }
		Selector            selector
		Template            struct {
			Metadata kubeMeta
			Spec     kubePod
		}
		Claims []struct {
			Metadata kubeMeta
			Spec     kubeClaim
		} `yaml:"volumeClaimTemplates"`
	}
	kubePod struct {
		Grace    int `yaml:"terminationGracePeriodSeconds"`
		Security struct {
			NonRoot bool `yaml:"runAsNonRoot"`
			User    int  `yaml:"runAsUser"`
			Group   int  `yaml:"runAsGroup"`
			FSGroup int  `yaml:"fsGroup"`
		} `yaml:"securityContext"`
		Spread []struct {
			MaxSkew       int      `yaml:"maxSkew"`
			TopologyKey   string   `yaml:"topologyKey"`
			Unsatisfiable string   `yaml:"whenUnsatisfiable"`
			LabelSelector selector `yaml:"labelSelector"`
		} `yaml:"topologySpreadConstraints"`
		Containers []kubeContainer
		Volumes    []struct {
			Name     string
			EmptyDir *struct{} `yaml:"emptyDir"`
			Secret   struct {
				SecretName  string `yaml:"secretName"`
				DefaultMode int    `yaml:"defaultMode"`
			}
			Claim struct {
				ClaimName string `yaml:"claimName"`
			} `yaml:"persistentVolumeClaim"`
		}
	}
	kubeProbe struct {
		HTTPGet          struct{ Path, Port string } `yaml:"httpGet"`
		PeriodSeconds    int                         `yaml:"periodSeconds"`
		TimeoutSeconds   int                         `yaml:"timeoutSeconds"`
		FailureThreshold int                         `yaml:"failureThreshold"`
	}
	kubeContainer struct {
		Name, Image string
		Args        []string
		Env         []struct {
			Name, Value string
			ValueFrom   struct {
				FieldRef struct {
					FieldPath string `yaml:"fieldPath"`
				} `yaml:"fieldRef"`
				SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			} `yaml:"valueFrom"`
		}
		Ports     []kubePort
		Startup   kubeProbe `yaml:"startupProbe"`
		Liveness  kubeProbe `yaml:"livenessProbe"`
		Readiness kubeProbe `yaml:"readinessProbe"`
		Lifecycle struct {
			PreStop struct {
				Sleep struct{ Seconds int }
			} `yaml:"preStop"`
		}
		Resources struct{ Requests, Limits labels }
		Security  struct {
			Escalation bool                    `yaml:"allowPrivilegeEscalation"`
			ReadOnly   bool                    `yaml:"readOnlyRootFilesystem"`
			Caps       struct{ Drop []string } `yaml:"capabilities"`
		} `yaml:"securityContext"`
		Mounts []struct {
			Name      string
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
)
